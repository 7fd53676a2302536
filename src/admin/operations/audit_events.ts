/**
 * Operations that read the audit trail.
 */
import { z } from 'zod';
import { publicEvent } from '../../audit/room.ts';
import { auditEventTypes } from '../../definitions/events.ts';
import { maxLength } from '../../definitions/lengths.ts';
import type { AuditTarget } from '../../storage/audit_events.ts';
import { operation } from '../operation.ts';
import { instant, nothing, pageOf, pageQuery } from '../schemas.ts';

const id = z.string().min(1).max(maxLength.uri);
const moment = z.iso.datetime({ offset: true });

const members = z.record(z.string(), z.unknown());
const auditEvent = z
  .object({
    id: z.string(),
    at: instant,
    type: z.string(),
    outcome: z.enum(['success', 'failure']),
    user_id: z.string().optional(),
    client_id: z.string().optional(),
    actor: z
      .string()
      .optional()
      .describe(
        '`user:…`, `client:…`, `api_key:…`, `identity_provider:…`, `operator` (command line), `file`, `system`.',
      ),
    on_behalf_of: z.string().optional(),
    target: z.object({ kind: z.string(), id: z.string() }).optional(),
    ip: z.string().optional(),
    request_id: z.string().optional(),
    reason: z.string().optional(),
    before: members.optional().describe('What the change touched, as it was.'),
    after: members.optional(),
    details: members.optional(),
    count: z.int().optional().describe('How many alike were put together in this one.'),
    last_at: instant.optional(),
    link: z
      .object({ chain: z.string(), number: z.int(), seal: z.string() })
      .optional()
      .describe('Its place in a chain of events, which `cardea audit verify` checks.'),
  })
  .meta({ id: 'AuditEvent' });

/** Where a page ends: the time and the id of its last event. */
const cursor = z.string().regex(/^\d{1,16} [!-~]{1,100}$/, 'is not a `next` of this list');

export const listAuditEvents = operation({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/audit-events',
  tag: 'Audit events',
  summary: 'List audit events, newest first',
  scope: 'audit:read',
  params: nothing,
  query: z
    .strictObject({
      ...pageQuery,
      after: cursor.optional().describe('The `next` of the page before.'),
      type: z.enum(auditEventTypes as [string, ...string[]]).optional(),
      user_id: id.optional(),
      client_id: id.optional(),
      actor: id.optional(),
      target_kind: z.string().min(1).max(40).optional(),
      target_id: id.optional(),
      request_id: z.string().min(1).max(200).optional(),
      from: moment.optional().describe('Only from this instant on.'),
      before: moment.optional().describe('Only before this instant.'),
    })
    .refine(
      ({ target_kind, target_id }) => (target_kind === undefined) === (target_id === undefined),
      {
        path: ['target_id'],
        error: 'and target_kind name a target together',
      },
    ),
  body: z.undefined(),
  result: pageOf(auditEvent),
  async run({ query, services }) {
    const { after, from, before, target_kind: kind, target_id: targetId, ...filter } = query;
    const [at, beforeId] = after?.split(' ') ?? [];
    const target = kind !== undefined && { kind: kind as AuditTarget['kind'], id: targetId ?? '' };
    const { events, next } = await services.store.audit.search({
      ...{ type: filter.type, userId: filter.user_id, clientId: filter.client_id },
      ...{ actor: filter.actor, requestId: filter.request_id, limit: filter.limit },
      ...(target && { target }),
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(before !== undefined && { before: Date.parse(before) }),
      ...(at !== undefined && { before: Number(at), beforeId }),
    });
    const items = events.map((event) => publicEvent(event) as z.input<typeof auditEvent>);
    return { result: { items, next: next ? `${next.at} ${next.id}` : null } };
  },
});

export const auditOperations = [listAuditEvents] as const;
