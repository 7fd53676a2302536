/**
 * Operations on refusals: why a request was refused.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import { refusalReasons } from '../../definitions/refusal_reasons.ts';
import { CardeaError } from '../../errors.ts';
import { explanationOf } from '../../refusals/room.ts';
import { operation } from '../operation.ts';
import { instant, nothing, pageOf, pageQuery } from '../schemas.ts';

const tag = 'Refusals';

const refusal = z
  .object({
    reference: z.string().describe('The request id.'),
    at: instant,
    route: z.string(),
    status: z.int(),
    client_id: z.string().optional(),
    reason: z.string().describe('Its stable name.'),
    means: z.string().optional(),
    advice: z.string().optional(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Refusal' });

const names = [...new Set(refusalReasons.map(({ name }) => name))] as [string, ...string[]];

export const listRefusals = operation({
  id: 'listRefusals',
  method: 'GET',
  path: '/refusals',
  tag,
  summary: 'List refused requests, newest first',
  description:
    'Those of the last three days, and only so many of one address. That there is nothing at an address (404) is no refusal: the log has it.',
  scope: 'refusals:read',
  params: nothing,
  query: z.strictObject({
    ...pageQuery,
    client_id: z.string().min(1).max(maxLength.uri).optional(),
    reason: z.enum(names).optional(),
  }),
  body: z.undefined(),
  result: pageOf(refusal),
  async run({ query: { client_id, ...query }, now, services }) {
    const found = await services.store.refusals.list({ ...query, clientId: client_id, now });
    return { result: { items: found.items.map(explanationOf), next: found.next ?? null } };
  },
});

export const getRefusal = operation({
  id: 'getRefusal',
  method: 'GET',
  path: '/refusals/{reference}',
  tag,
  summary: 'Why a request was refused, by its reference',
  scope: 'refusals:read',
  params: z.strictObject({ reference: z.string().min(1).max(200) }),
  query: nothing,
  body: z.undefined(),
  result: refusal,
  async run({ params: { reference }, now, services }) {
    const found = await services.store.refusals.find(reference, now);
    if (!found) throw noSuchRefusal();
    return { result: explanationOf(found) };
  },
});

function noSuchRefusal(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message:
      'No refusal has this reference. Refusals are kept for three days, and only so many of one address. That there is nothing at an address (404) is no refusal: the log has it.',
  });
}

export const refusalOperations = [listRefusals, getRefusal] as const;
