/**
 * Deliveries that wait for their receiver, events for webhooks and mails alike: a queue that all processes and nodes put
 * into and take from. It remembers what is done, so that an event that two processes tell is one delivery.
 */
import { boundedPage, type Page } from './pages.ts';

export type Delivery = {
  /** Unique: the same event for the same endpoint has the same. */
  id: string;
  /** Whom it is for: a name that the caller derives from the address. All mails have the same. */
  endpoint: string;
  /** The message's id, the same for all its endpoints. */
  message: string;
  /** What is sent, to the letter. Never empty, until it is done. */
  payload: string;
  /** What is told of it while it is kept, also when it is done. Empty: nothing, and `told` leaves it out. */
  note: string;
  /** How often it was claimed. */
  attempts: number;
  /** Why the last attempt failed, as it was put off: `status 500`. Absent: none has failed yet, or from before this was kept. */
  failure?: string | undefined;
  createdAt: number;
  /** When it may be claimed (next). Milliseconds since the epoch, as all here. */
  dueAt: number;
  /** From then on nobody is given it, and a purge removes it. */
  expiresAt: number;
};

export type DeliveryStore = {
  /** Inserts all in one write; those whose id is there stay as they are. */
  add(deliveries: readonly Delivery[]): Promise<void>;
  /**
   * Takes at most `limit` of an endpoint that are due at `now`, the longest due first: each counts one more
   * attempt and is due at `until`, unless it is removed or put off before. Of any number of callers on any
   * node one gets each.
   */
  claim(options: {
    endpoint: string;
    now: number;
    until: number;
    limit: number;
  }): Promise<Delivery[]>;
  /**
   * Sets when it is due again, why, and the note; without a `failure` or a note the last one stays. False when it is
   * finished, gone, or was claimed anew since it had `attempts`.
   */
  putOff(
    id: string,
    attempts: number,
    later: { dueAt: number; failure?: string | undefined; note?: string | undefined },
  ): Promise<boolean>;
  /** Done or not. */
  find(id: string, now: number): Promise<Delivery | undefined>;
  /**
   * What an endpoint has not got yet and is still to get, the oldest first (by `createdAt`, then id), after the one
   * with `after`'s time and id.
   */
  waiting(options: {
    endpoint: string;
    now: number;
    after?: { createdAt: number; id: string } | undefined;
    limit: number;
  }): Promise<Delivery[]>;
  /** How many `waiting` would list, counted up to `most`. */
  countWaiting(options: { endpoint: string; now: number; most: number }): Promise<number>;
  /** Those with a note, done or not, the newest first, from behind the `next` of the page before. */
  told(options: ToldOptions): Promise<Page<Delivery>>;
  /**
   * It is never due again. Until it expires its id stays taken; its payload goes at once. Without a note it keeps its
   * own.
   */
  finish(id: string, note?: string): Promise<void>;
};

export type ToldOptions = {
  endpoint: string;
  now: number;
  after?: string | undefined;
  limit: number;
  /** Those that it answers false for are left out. Bounded: a page may be short and go on. */
  matches?: ((delivery: Delivery) => boolean) | undefined;
};

export type DeliveryPlace = Pick<Delivery, 'createdAt' | 'id'>;

/** DeliveryStore.told, of pages that an engine reads by its index. */
export function toldPage(
  { after, limit, matches }: ToldOptions,
  read: (before: DeliveryPlace | undefined, size: number) => Promise<Delivery[]>,
): Promise<Page<Delivery>> {
  return boundedPage<Delivery>({
    ...{ after, limit, isFiltered: matches !== undefined, matches: matches ?? (() => true) },
    read: async (from, size) =>
      (await read(placeOf(from), size)).map((item) => ({
        ...{ item, place: `${item.createdAt} ${item.id}` },
      })),
  });
}

function placeOf(cursor: string | undefined): DeliveryPlace | undefined {
  const [, createdAt, id] = /^(\d{1,16}) (.*)$/s.exec(cursor ?? '') ?? [];
  return createdAt === undefined || id === undefined
    ? undefined
    : { createdAt: Number(createdAt), id };
}
