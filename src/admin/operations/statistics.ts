/**
 * What happened, hour by hour: counted as it happened, never again.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { dayMs } from '../../definitions/units.ts';
import { invalidField } from '../../input_check.ts';
import { statisticsMetrics } from '../../statistics/room.ts';
import { operation } from '../operation.ts';
import { instant } from '../schemas.ts';

const metrics = Object.values(statisticsMetrics) as [string, ...string[]];
const moment = z.iso.datetime({ offset: true });
const longestMs = 100 * dayMs;
const mostRows = 20_000;

export const readStatistics = operation({
  id: 'readStatistics',
  method: 'GET',
  path: '/statistics/{metric}',
  tag: 'Usage',
  summary: 'What happened, hour by hour',
  scope: 'usage:read',
  params: z.strictObject({ metric: z.enum(metrics) }),
  query: z.strictObject({
    from: moment.describe('The first hour.'),
    until: moment.describe('The hour before which it ends; at most 100 days later.'),
  }),
  body: z.undefined(),
  result: z
    .object({
      metric: z.string(),
      hours: z.array(
        z.object({
          hour: instant.describe('When the hour begins.'),
          label: z.string().describe('What of it; empty: all.'),
          count: z.int(),
          sum: z.number().describe('Of measurements; 0 where only is counted.'),
          max: z.number(),
        }),
      ),
    })
    .meta({ id: 'Statistics' }),
  async run({ params: { metric }, query, services }) {
    const from = Date.parse(query.from);
    const until = Date.parse(query.until);
    if (until <= from) throw invalidField(['until'], 'must be later than from');
    if (until - from > longestMs) throw invalidField(['until'], 'is more than 100 days later');
    const rows = await services.store.statistics.read({ metric, from, until, limit: mostRows });
    const hours = rows.map(({ bucket, label, count, sum, max }) => ({
      ...{ hour: iso(bucket) ?? '', label, count, sum, max },
    }));
    return { result: { metric, hours } };
  },
});

export const statisticsOperations = [readStatistics] as const;
