/**
 * Audit events: append-only, read newest first.
 */
import { filteredPages, type Link } from './filtered_pages.ts';
import { boundedPage } from './pages.ts';

/** The place of an event in its chain, and the seal on it. Folded events have a seal alone: they are in no chain. */
export type AuditLink = {
  /** The id of the chain. */
  chain?: string | undefined;
  /** From 1, without gaps. */
  number?: number | undefined;
  /** The seal of the event before it; empty for the first. */
  previous?: string | undefined;
  /** The greatest `at` (ms) of the events before it; 0 for the first. */
  latest?: number | undefined;
  seal: string;
};

/** What a change was made to. */
export type AuditTarget = {
  kind:
    | 'api'
    | 'api_key'
    | 'authenticators'
    | 'client'
    | 'grant'
    | 'group'
    | 'invitation'
    | 'mail'
    | 'operator'
    | 'project'
    | 'session'
    | 'settings'
    | 'signing_key'
    | 'tier'
    | 'token'
    | 'user'
    | 'webhook';
  id: string;
};

export type AuditEvent = {
  /** Random; unique. */
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Dotted name, for example `sign_in.succeeded`, `token.issued`, `refresh_token.reused`. */
  type: string;
  outcome: 'success' | 'failure';
  /** The user it is about. */
  userId?: string | undefined;
  clientId?: string | undefined;
  /**
   * Who did it: `user:<id>`, `client:<id>`, `api_key:<id>`, `operator` (the command line), `file` (the declarative file),
   * `system` (Cardea by itself). Absent: the user or the client that it is about.
   */
  actor?: string | undefined;
  /** For whom the actor did it, in the same form. */
  onBehalfOf?: string | undefined;
  /** Of a change. */
  target?: AuditTarget | undefined;
  /** The members of the target that a change touched, as they were and as they are; never a secret or its hash. */
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
  /** Why, as whoever did it said. */
  reason?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
  /** Never a secret; fingerprints only. */
  details?: Record<string, unknown> | undefined;
  /** How many it stands for, where events that are alike were folded into the first of them. */
  count?: number | undefined;
  /** Milliseconds since the epoch: when the last of those was; `at` is when the first was. */
  lastAt?: number | undefined;
  /** Absent in events from before there were chains. */
  link?: AuditLink | undefined;
};

/** One that is added to others like it: those have its `id` and its `at`. */
export type FoldedEvent = AuditEvent & { count: number; lastAt: number };

/** Which events are meant: those that meet all of it. */
export type AuditFilter = {
  type?: string | undefined;
  userId?: string | undefined;
  clientId?: string | undefined;
  actor?: string | undefined;
  target?: AuditTarget | undefined;
  requestId?: string | undefined;
};

/** Where a list goes on: behind this event, which is not in it any more. */
export type AuditPlace = Pick<AuditEvent, 'at' | 'id'>;

export type AuditSearch = AuditFilter & {
  /** Only from before this time (ms), exclusive; with `beforeId`, behind that event of this time. */
  before?: number | undefined;
  beforeId?: string | undefined;
  /** Only from this time on (ms). */
  from?: number | undefined;
  limit: number;
};

/** `next` is absent when there are no more. There may be fewer events than asked for, or none, and more behind. */
export type AuditPageFound = { events: AuditEvent[]; next?: AuditPlace };

/** An event as the trail has it, for whoever checks it. `event` is undefined where it cannot be read. */
export type FiledEvent = AuditPlace & {
  type: string;
  event: AuditEvent | undefined;
  /** Whether the store finds it by just what it says. */
  isFiledRight: boolean;
};

export type AuditStore = {
  /**
   * Durable when it resolves, in their order, to how many were appended: all, or those before the first whose `id` is
   * there already. By a lost store as many from the start as it got to. Those that no response waits for, as a rule,
   * are `routine`: an engine may write them apart from what requests do, and leaves those that are there as they are.
   */
  append(events: readonly AuditEvent[], options?: { routine?: boolean }): Promise<number>;
  /**
   * Adds each event's `count` to that of the same `id`, which otherwise stays as it is but for its `lastAt`;
   * appends the event where there is none. Atomic for each, durable when it resolves. An `id` comes once in a call.
   */
  fold(events: readonly FoldedEvent[]): Promise<void>;
  /**
   * Newest first (by `at`, then id). `before` is an event's `at` in milliseconds, exclusive; with
   * `beforeId`, that event's id, the page goes on among the events of the same millisecond. Full unless there are no
   * more, however many it has to look at.
   */
  list(options: Omit<AuditSearch, 'from'>): Promise<AuditEvent[]>;
  /** The same, but looks at two thousand events at most, and says where to go on. */
  search(options: AuditSearch): Promise<AuditPageFound>;
  /** The whole trail, oldest first (by `at`, then id), behind `after`. */
  walk(options: { after?: AuditPlace | undefined; limit: number }): Promise<FiledEvent[]>;
  /** Events that were kept with a change, are from before `before` (`at`, ms), and are not settled; oldest first. */
  unsettled(options: { before: number; limit: number }): Promise<AuditEvent[]>;
  /** The event is in the trail: nothing else need keep it. */
  settle(event: AuditEvent): Promise<void>;
};

type AuditColumn = 'request_id' | 'target' | 'user_id' | 'client_id' | 'actor' | 'type';

/** What one index answers: all, or those with one link, from before a place, newest first. */
export type AuditPage = Pick<AuditSearch, 'before' | 'beforeId' | 'from' | 'limit'> & {
  link: Link<AuditColumn>;
};

/** What an event is found by, as both engines name the columns. */
export function columnsOf(event: AuditEvent): Partial<Record<AuditColumn, string>> {
  const { type, userId: user_id, clientId: client_id, actor, target, requestId } = event;
  return {
    ...{ request_id: requestId, target: target && targetColumn(target) },
    ...{ user_id, client_id, actor, type },
  };
}

/** Whether the store has an event under just what it says; `columns` as the engine has them, null for absent. */
export function isFiledRight(
  event: AuditEvent,
  { at, id }: AuditPlace,
  columns: Record<string, unknown>,
): boolean {
  const said = columnsOf(event);
  const names = Object.keys(said) as AuditColumn[];
  // Events from before there were the later columns are not in them.
  const meant = event.link ? names : names.filter((name) => firstColumns.has(name));
  const isSame = (name: AuditColumn) => (said[name] ?? null) === (columns[name] ?? null);
  return event.at === at && event.id === id && meant.every(isSame);
}

const firstColumns = new Set<AuditColumn>(['type', 'user_id', 'client_id']);

/** Those with the fewest events first: a list goes by the first that is asked for. */
function conditionsOf({ target, ...filter }: AuditFilter) {
  const { requestId, userId, clientId, actor, type } = filter;
  return [
    { column: 'request_id', value: requestId },
    { column: 'target', value: target && targetColumn(target) },
    { column: 'user_id', value: userId },
    { column: 'client_id', value: clientId },
    { column: 'actor', value: actor },
    { column: 'type', value: type },
  ] as const;
}

function targetColumn({ kind, id }: AuditTarget): string {
  return `${kind}:${id}`;
}

const isAt = (event: AuditEvent, { column, value }: { column: AuditColumn; value: string }) =>
  columnsOf(event)[column] === value;

/** AuditStore.list, of pages that each go by one index: what a person or a client did, or else what happened. */
export function auditPages(
  { before, beforeId, limit, ...filter }: Omit<AuditSearch, 'from'>,
  read: (page: AuditPage) => Promise<AuditEvent[]>,
): Promise<AuditEvent[]> {
  return filteredPages({
    ...{ conditions: conditionsOf(filter), matches: isAt, limit },
    read: (link, after, size) =>
      read({ link, ...(after ? behindEvent(after) : { before, beforeId }), limit: size }),
  });
}

type AuditCondition = { column: AuditColumn; value: string };

/** What an engine reads for a search, each by one index. */
export type AuditIndexes = {
  /** The same as pages of a list; an event that does not meet the `others` comes without itself. */
  read(page: AuditPage & { others: readonly AuditCondition[] }): Promise<AuditRow[]>;
  /** How many events meet the page's condition, counted up to its limit; those of its first millisecond may be too many. */
  count(page: AuditPage): Promise<number>;
};

type AuditRow = AuditPlace & { event: AuditEvent | undefined };

/** A condition that so many events meet, or more, is no better to read by than another. */
const fewEvents = 500;

/** AuditStore.search. */
export async function auditSearch(
  { before, beforeId, from, limit, ...filter }: AuditSearch,
  { read, count }: AuditIndexes,
): Promise<AuditPageFound> {
  const given = conditionsOf(filter).flatMap(({ column, value }) =>
    value === undefined ? [] : [{ column, value }],
  );
  const place = { before, beforeId, from };
  const [link, ...others] = await rarestFirst(given, (one) =>
    count({ link: one, ...place, limit: fewEvents }),
  );
  const { items: events, next } = await boundedPage<AuditEvent>({
    ...{ after: undefined, limit, isFiltered: others.length > 0, matches: () => true },
    async read(after, size) {
      const behind = after === undefined ? place : { ...behindEvent(placeOf(after)), from };
      const rows = await read({ link, others, ...behind, limit: size });
      return rows.map(({ at, id, event }) => ({ item: event, place: `${at} ${id}` }));
    },
  });
  return { events, ...(next !== undefined && { next: placeOf(next) }) };
}

/** Of as many, those first that come first. */
async function rarestFirst(
  conditions: readonly AuditCondition[],
  count: (condition: AuditCondition) => Promise<number>,
): Promise<readonly AuditCondition[]> {
  if (conditions.length < 2) return conditions;
  const counts = await Promise.all(conditions.map(count));
  return conditions
    .map((condition, index) => ({ condition, count: counts[index] ?? 0 }))
    .sort((one, other) => one.count - other.count)
    .map(({ condition }) => condition);
}

function behindEvent({ at, id }: AuditPlace) {
  return { before: at, beforeId: id };
}

function placeOf(text: string): AuditPlace {
  const space = text.indexOf(' ');
  return { at: Number(text.slice(0, space)), id: text.slice(space + 1) };
}
