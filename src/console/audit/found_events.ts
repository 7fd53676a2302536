/**
 * Audit events in the search: those of a request, and those about one token by its `jti`. Of a JWT that nothing happened
 * to there is nothing on record.
 */
import { listAuditEvents } from '../../admin/room.ts';
import type { SearchSource } from '../search.ts';
import { auditPath } from './paths.ts';

/** Ids of requests and tokens are whole words, and longer. */
const idPattern = /^\S{8,}$/;

type Filter = { hint: string; query: Record<string, string> };

const filtersOf = (text: string): readonly Filter[] => [
  { hint: 'of this request', query: { request_id: text } },
  { hint: 'of the token with this jti', query: { target_kind: 'token', target_id: text } },
];

export const findEvents: SearchSource = async (text, { call, may }) => {
  if (!may(listAuditEvents) || !idPattern.test(text)) return [];
  const found = await Promise.all(
    filtersOf(text).map(async ({ hint, query }) => {
      const { body } = await call(listAuditEvents, { query: { ...query, limit: 1 } });
      const href = `${auditPath}?${new URLSearchParams(query)}`;
      return body.items.length > 0 ? [{ label: text, kind: 'Audit events', hint, href }] : [];
    }),
  );
  return found.flat();
};
