/** One worker's values, as sent to the process that serves `/metrics`: plain JSON. */
export type MetricsSnapshot = {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  aggregator: string;
  /** `metricName` tells the parts of a histogram apart (`…_bucket`, `…_sum`, `…_count`). */
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[];
}[];
