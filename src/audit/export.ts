/**
 * Audit events for other programs: as JSON lines, and as CSV that a spreadsheet may open. The command line and the
 * admin API give out the same.
 */
import { iso } from '../clock.ts';
import { csvLine } from '../csv_line.ts';
import type { AuditEvent, AuditSearch, AuditStore } from '../storage/audit_events.ts';

export const exportFormats = ['jsonl', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** As the outside knows an event: snake_case, times in ISO 8601. Absent members are undefined. */
export function publicEvent(event: AuditEvent) {
  const { id, type, outcome, actor, target, ip, reason, before, after, details, count } = event;
  return {
    ...{ id, at: iso(event.at), type, outcome },
    ...{ user_id: event.userId, client_id: event.clientId, actor, on_behalf_of: event.onBehalfOf },
    ...{ target, ip, request_id: event.requestId, reason, before, after, details, count },
    last_at: iso(event.lastAt),
    ...(event.link?.chain !== undefined && {
      link: { chain: event.link.chain, number: event.link.number, seal: event.link.seal },
    }),
  };
}

type Column = { name: string; of: (event: ReturnType<typeof publicEvent>) => unknown };
const plain = (name: keyof ReturnType<typeof publicEvent>): Column => ({
  name,
  of: (event) => event[name],
});

const columns: readonly Column[] = [
  ...(['id', 'at', 'type', 'outcome', 'user_id', 'client_id', 'actor'] as const).map(plain),
  plain('on_behalf_of'),
  { name: 'target_kind', of: ({ target }) => target?.kind },
  { name: 'target_id', of: ({ target }) => target?.id },
  ...(['ip', 'request_id', 'reason', 'before', 'after', 'details'] as const).map(plain),
  ...(['count', 'last_at'] as const).map(plain),
];

const pageSize = 500;

/** The events that meet the filter, newest first, as text: whole lines, some hundred at a time. */
export async function* exportedEvents(
  audit: Pick<AuditStore, 'search'>,
  { format, ...filter }: Omit<AuditSearch, 'limit'> & { format: ExportFormat },
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(columns.map(({ name }) => name));
  const toLine = format === 'csv' ? toCsv : toJsonLine;
  let place: Pick<AuditSearch, 'before' | 'beforeId'> = {};
  for (;;) {
    const { events, next } = await audit.search({ ...filter, ...place, limit: pageSize });
    if (events.length > 0) yield events.map(toLine).join('');
    if (!next) return;
    place = { before: next.at, beforeId: next.id };
  }
}

function toJsonLine(event: AuditEvent): string {
  return `${JSON.stringify(publicEvent(event))}\n`;
}

function toCsv(event: AuditEvent): string {
  const shown = publicEvent(event);
  return csvLine(columns.map(({ of }) => of(shown)));
}
