/**
 * The metrics of a whole node: those of its workers, added up. Owns that counters never go backwards when a
 * worker dies, which Prometheus would take for a restart.
 */
import type { MetricsSnapshot } from './metrics_snapshot.ts';

export type Exposition = { contentType: string; body: string };

export type NodeMetrics = {
  /** Stores a worker's latest values. */
  update(worker: number, snapshot: MetricsSnapshot): void;
  /** The worker is gone: its counts stay, its gauges go. */
  retire(worker: number): void;
  /** Everything in the Prometheus text format 0.0.4. */
  exposition(): Promise<Exposition>;
};

type Metric = MetricsSnapshot[number];

export function createNodeMetrics(): NodeMetrics {
  const living = new Map<number, MetricsSnapshot>();
  const departed = new Map<string, Metric>();

  return {
    update(worker, snapshot) {
      living.set(worker, snapshot);
    },
    retire(worker) {
      for (const metric of living.get(worker) ?? []) {
        if (metric.type === 'gauge') continue;
        departed.set(metric.name, addUp(departed.get(metric.name), metric));
      }
      living.delete(worker);
    },
    async exposition() {
      // Loaded at the first scrape, so that workers start without waiting for it.
      const { AggregatorRegistry } = await import('prom-client');
      const registry = AggregatorRegistry.aggregate([...living.values(), [...departed.values()]]);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function addUp(total: Metric | undefined, metric: Metric): Metric {
  const sums = new Map<string, Metric['values'][number]>();
  for (const entry of [...(total?.values ?? []), ...metric.values]) {
    const series = `${entry.metricName ?? metric.name} ${JSON.stringify(entry.labels)}`;
    sums.set(series, { ...entry, value: entry.value + (sums.get(series)?.value ?? 0) });
  }
  return { ...metric, values: [...sums.values()] };
}
