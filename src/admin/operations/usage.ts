/**
 * Usage of API keys by day.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import { operation } from '../operation.ts';
import { defaultPageSize, nothing, pageOf } from '../schemas.ts';

const day = z.iso.date().describe('A day in UTC, such as 2031-05-04.');
const id = z.string().min(1).max(100);
/** Where a page ends: the day and the key of its last row. */
const cursor = z.string().regex(/^\d{4}-\d\d-\d\d [!-~]{1,100}$/, 'is not a `next` of this list');

export const listUsage = operation({
  id: 'listUsage',
  method: 'GET',
  path: '/usage',
  tag: 'Usage',
  summary: 'How often API keys were allowed, limited and denied, by day',
  description: 'Of one key, of one project, or of one API.',
  scope: 'usage:read',
  params: nothing,
  query: z.strictObject({
    from: day,
    to: day,
    key_id: id.optional(),
    project_id: id.optional(),
    api: z.string().min(1).max(maxLength.uri).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(defaultPageSize),
    after: cursor.optional(),
  }),
  body: z.undefined(),
  result: pageOf(
    z
      .object({
        day,
        key_id: id,
        project_id: id.optional(),
        api: z.string(),
        allowed: z.int(),
        limited: z.int(),
        denied: z.int(),
      })
      .meta({ id: 'UsageOfDay' }),
  ),
  async run({ query: { limit, after, key_id, project_id, ...range }, services }) {
    const [lastDay, lastKey] = after?.split(' ') ?? [];
    const rows = await services.store.usage.query({
      ...range,
      ...{ keyId: key_id, projectId: project_id, limit: limit + 1 },
      ...(lastDay && lastKey && { after: { day: lastDay, keyId: lastKey } }),
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const items = page.map(({ keyId, projectId, ...row }) => ({
      ...row,
      ...{ key_id: keyId, ...(projectId && { project_id: projectId }) },
    }));
    return {
      result: { items, next: rows.length > limit && last ? `${last.day} ${last.keyId}` : null },
    };
  },
});

export const usageOperations = [listUsage] as const;
