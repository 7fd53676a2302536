/**
 * What happened, by hour, day or week: counted as it happened, never again.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { dayMs } from '../../definitions/units.ts';
import { invalidField } from '../../input_check.ts';
import { statisticsMetrics } from '../../statistics/room.ts';
import { statisticsSteps } from '../../storage/statistics.ts';
import { operation } from '../operation.ts';
import { instant } from '../schemas.ts';

const metrics = Object.values(statisticsMetrics) as [string, ...string[]];
const moment = z.iso.datetime({ offset: true });
/** Of one answer, so that it has every label: no metric has a hundred of them. */
const longestDays = { hour: 8, day: 100, week: 400 };
const mostRows = 20_000;

export const readStatistics = operation({
  id: 'readStatistics',
  method: 'GET',
  path: '/statistics/{metric}',
  tag: 'Usage',
  summary: 'What happened, by hour, day or week',
  scope: 'usage:read',
  params: z.strictObject({ metric: z.enum(metrics) }),
  query: z.strictObject({
    step: z
      .enum(statisticsSteps)
      .default('hour')
      .describe('Days and weeks are of UTC; weeks begin on Mondays.'),
    from: moment.describe('Only what begins from then on.'),
    until: moment.describe(
      'Only what begins before. At most 8 days later for hours, 100 for days, 400 for weeks.',
    ),
  }),
  body: z.undefined(),
  result: z
    .object({
      metric: z.string(),
      step: z.enum(statisticsSteps),
      items: z.array(
        z.object({
          at: instant.describe('When the hour, day or week begins.'),
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
    const { step } = query;
    if (until - from > longestDays[step] * dayMs) {
      throw invalidField(['until'], `is more than ${longestDays[step]} days later`);
    }
    const range = { from, until, limit: mostRows };
    const rows = await services.store.statistics.read({ metric, step, ...range });
    const items = rows.map(({ bucket, label, count, sum, max }) => ({
      ...{ at: iso(bucket) ?? '', label, count, sum, max },
    }));
    return { result: { metric, step, items } };
  },
});

export const statisticsOperations = [readStatistics] as const;
