/**
 * Counters and histograms of what happens thousands of times a second. They count in plain numbers, found by their
 * labels one after the other: prom-client builds a text of all labels each time. What a scrape reads is the same.
 */
import type { MetricsSnapshot } from './metrics_snapshot.ts';

type Metric = MetricsSnapshot[number];
type Labels = Record<string, string>;

type MetricOptions = {
  name: string;
  help: string;
  labelNames: readonly string[];
};

export type PlainCounter = {
  /** The labels' values, in the order of `labelNames`. Each combination is a time series. */
  count(...labels: string[]): void;
  read(): Metric;
};

export type PlainHistogram = {
  observe(value: number, ...labels: string[]): void;
  read(): Metric;
};

export function createPlainCounter({ name, help, labelNames }: MetricOptions): PlainCounter {
  const series = createSeries(labelNames, (labels) => ({ labels, value: 0 }));
  return {
    count(...labels) {
      series.at(labels).value += 1;
    },
    read: () => ({
      ...{ name, help, type: 'counter', aggregator: 'sum' },
      values: series.all.map(({ labels, value }) => ({ value, labels })),
    }),
  };
}

/** `buckets`: their upper bounds, ascending. */
export function createPlainHistogram({
  name,
  help,
  labelNames,
  buckets,
}: MetricOptions & { buckets: readonly number[] }): PlainHistogram {
  const series = createSeries(labelNames, (labels) => ({
    ...{ labels, sum: 0, count: 0 },
    /** Of each bucket alone, without those below it. */
    counts: buckets.map(() => 0),
  }));

  const valuesOf = ({ labels, sum, count, counts }: (typeof series.all)[number]) => {
    let below = 0;
    const inBuckets = buckets.map((le, index) => {
      below += counts[index] ?? 0;
      return { value: below, labels: { le, ...labels }, metricName: `${name}_bucket` };
    });
    return [
      ...inBuckets,
      { value: count, labels: { le: '+Inf', ...labels }, metricName: `${name}_bucket` },
      { value: sum, labels, metricName: `${name}_sum` },
      { value: count, labels, metricName: `${name}_count` },
    ];
  };

  return {
    observe(value, ...labels) {
      const entry = series.at(labels);
      entry.sum += value;
      entry.count += 1;
      let index = 0;
      while (index < buckets.length && value > (buckets[index] ?? 0)) index += 1;
      if (index < buckets.length) entry.counts[index] = (entry.counts[index] ?? 0) + 1;
    },
    read: () => ({
      ...{ name, help, type: 'histogram', aggregator: 'sum' },
      values: series.all.flatMap(valuesOf),
    }),
  };
}

type Branch<Entry> = { entry: Entry | undefined; branches: Map<string, Branch<Entry>> };

/** `at`: the entry of these values of labels, created when they first occur. `all`: in the order they occurred. */
function createSeries<Entry>(
  labelNames: readonly string[],
  create: (labels: Labels) => Entry,
): { at(values: readonly string[]): Entry; all: readonly Entry[] } {
  const all: Entry[] = [];
  const newBranch = (): Branch<Entry> => ({ entry: undefined, branches: new Map() });
  const root = newBranch();

  const add = (branch: Branch<Entry>, values: readonly string[]): Entry => {
    const entry = create(
      Object.fromEntries(labelNames.map((name, index) => [name, values[index] ?? ''])),
    );
    branch.entry = entry;
    all.push(entry);
    return entry;
  };

  return {
    all,
    at(values) {
      let branch = root;
      for (const value of values) {
        let next = branch.branches.get(value);
        if (!next) {
          next = newBranch();
          branch.branches.set(value, next);
        }
        branch = next;
      }
      return branch.entry ?? add(branch, values);
    },
  };
}
