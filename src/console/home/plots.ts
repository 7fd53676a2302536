/**
 * What happened in a stretch of time, as bars and as the table behind them. Where nothing was counted there is no bar, and a dash.
 */
import { readStatistics } from '../../admin/room.ts';
import { dayMs, hourMs } from '../../definitions/units.ts';
import { statisticsMetrics } from '../../statistics/room.ts';
import { beginningOf } from '../../storage/statistics.ts';
import type { ConsoleRequest } from '../page.ts';

export const ranges = [
  { id: 'day', label: 'One day, by hour', step: 'hour', stepMs: hourMs, count: 24 },
  { id: 'month', label: '30 days, by day', step: 'day', stepMs: dayMs, count: 30 },
  { id: 'quarter', label: '14 weeks, by week', step: 'week', stepMs: 7 * dayMs, count: 14 },
] as const;

type Range = (typeof ranges)[number];

const plots = [
  { metric: statisticsMetrics.tokensIssued, title: 'Tokens issued', by: 'grant type' },
  { metric: statisticsMetrics.requestsRefused, title: 'Requests refused', by: 'reason' },
  { metric: statisticsMetrics.revocations, title: 'Revocations', by: 'what was revoked' },
  { metric: statisticsMetrics.signIns, title: 'Sign-ins', by: 'all' },
  { metric: statisticsMetrics.failedSignIns, title: 'Failed sign-ins', by: 'why' },
] as const;

/** Of the drawing, which is stretched to the width of the page. */
const size = { width: 600, height: 80, gap: 2 };

export function rangeIn(query: URLSearchParams): Range {
  return ranges.find(({ id }) => id === query.get('range')) ?? ranges[0];
}

/** The bars of each plot, oldest first. */
export async function readPlots({ call, now }: ConsoleRequest, { step, stepMs, count }: Range) {
  const from = beginningOf(step, now) - (count - 1) * stepMs;
  const query = { step, from: new Date(from).toISOString(), until: new Date(now).toISOString() };
  return Promise.all(
    plots.map(async ({ metric, title, by }) => {
      const { body } = await call(readStatistics, { params: { metric }, query });
      const labels = new Map<string, number>();
      const buckets = new Map<number, number>();
      for (const { at, label, count: times } of body.items) {
        const bucket = (Date.parse(at) - from) / stepMs;
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + times);
        labels.set(label, (labels.get(label) ?? 0) + times);
      }
      const most = Math.max(0, ...buckets.values());
      const width = size.width / count;
      return {
        ...{ metric, title, by, size },
        total:
          buckets.size > 0 ? [...buckets.values()].reduce((sum, each) => sum + each) : undefined,
        rows: Array.from({ length: count }, (_, bucket) => ({
          at: new Date(from + bucket * stepMs).toISOString(),
          count: buckets.get(bucket),
        })),
        labels: [...labels].sort(([, one], [, other]) => other - one),
        bars: [...buckets].map(([bucket, times]) => {
          const height = most > 0 ? Math.max(2, (times / most) * size.height) : 0;
          return { x: bucket * width, y: size.height - height, height, width: width - size.gap };
        }),
      };
    }),
  );
}
