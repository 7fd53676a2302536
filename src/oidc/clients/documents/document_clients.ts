/**
 * Clients that nobody registers: the client id is the https URL of a document that describes the client (OAuth Client ID
 * Metadata Document). A document becomes a client record like any other, so that bounds, kill switches and the command
 * line hold for it; see docs/decisions/clients-by-document.md.
 *
 * It is fetched where a person is sent here with it, and again there when it is not fresh. Where tokens are asked for it
 * is fetched only when it has not been for a day: a connector whose site is down for an hour signs nobody out.
 */
import { createLruCache } from '../../../caching/lru_cache.ts';
import { createSharedWork } from '../../../caching/shared_work.ts';
import type { ClientDocument } from '../../../clients/room.ts';
import type { Clock } from '../../../clock.ts';
import type { Declaration } from '../../../config/schema/declaration.ts';
import { lifetimes } from '../../../definitions/lifetimes.ts';
import { dayMs } from '../../../definitions/units.ts';
import { requestState } from '../../../http/request_state.ts';
import { type NetworkBudget, tooManyRequests } from '../../../rate_limits/room.ts';
import type { ClientRecord } from '../../../storage/clients.ts';
import { errors } from '../../engine/library.ts';
import { currentContext, currentRoute } from '../../engine/request_slots.ts';
import { isTakenDocument } from './document_urls.ts';
import { fetchDocument } from './fetch_document.ts';
import type { ReadDocument } from './read_document.ts';

export type DocumentClients = {
  /**
   * The client as the current request may use it: `record` itself where it is not a document's. Undefined where there is
   * none. Throws the library's InvalidClient where the document cannot be used, CardeaError `too_many_requests` (429).
   */
  current(clientId: string, record: ClientRecord | undefined): Promise<ClientRecord | undefined>;
};

/** Where people are sent to sign in. */
const signInRoutes = ['authorization', 'pushed_authorization_request'];
/** How long a document is used for tokens after it was fresh. */
const toleratedMs = dayMs;
/** A sign-in takes an hour at most, and may begin just before the end. */
const unusedMs = 2 * lifetimes.interaction * 1000;
/** Documents that a process fetches at a time. */
const mostAtOnce = 50;
/** What could not be used is not fetched again for so long. */
const failure = { ms: 10_000, most: 1000 };

export function createDocumentClients({
  policy,
  findStored,
  put,
  read,
  fetch,
  budget,
  clock,
}: {
  policy: Declaration['client_id_metadata'];
  findStored: (clientId: string) => Promise<ClientRecord | undefined>;
  put: (document: ClientDocument) => Promise<ClientRecord>;
  read: ReadDocument;
  /** For addresses that strangers give. */
  fetch: typeof globalThis.fetch;
  budget: Pick<NetworkBudget, 'take'>;
  clock: Clock;
}): DocumentClients {
  const shared = createSharedWork<ClientRecord>();
  const failures = createLruCache<{ until: number; error: unknown }>(failure.most);
  let running = 0;

  const fetchOnce = async (clientId: string): Promise<ClientRecord> => {
    // Whoever was here just before may have fetched it.
    const stored = await findStored(clientId);
    if (stored && !isStale(stored, 'authorization')) return stored;
    if (running >= mostAtOnce) throw tooManyRequests('Too many apps at once. Try again.', 1000);
    running += 1;
    try {
      const { properties, freshForMs } = await fetchDocument(clientId, { fetch, now: clock.now() });
      const metadata = read(clientId, properties);
      const now = clock.now();
      const times = { freshUntil: now + freshForMs, expiresAt: now + unusedMs };
      return await put({ clientId, metadata, ...times });
    } catch (error) {
      const isDocuments = error instanceof errors.InvalidClient;
      if (isDocuments) failures.set(clientId, { until: clock.now() + failure.ms, error });
      throw error;
    } finally {
      running -= 1;
    }
  };

  /** Each request pays for itself, so that nobody is refused for another. `isUsed`: its freshness bounds it. */
  const refreshed = async (clientId: string, isUsed: boolean): Promise<ClientRecord> => {
    const known = failures.get(clientId);
    if (known && known.until > clock.now()) throw known.error;
    const ctx = currentContext();
    if (ctx && !isUsed) await budget.take(requestState(ctx).address.ip, 1);
    return shared(clientId, () => fetchOnce(clientId));
  };

  const isStale = (record: Readonly<ClientRecord>, route: string): boolean => {
    const { freshUntil = 0, expiresAt = Number.POSITIVE_INFINITY } = record;
    const now = clock.now();
    return signInRoutes.includes(route)
      ? now >= freshUntil || now >= expiresAt - unusedMs / 2
      : route === 'token' && now >= freshUntil + toleratedMs;
  };

  return {
    async current(clientId, record) {
      if (record && record.source !== 'document') return record;
      if (!isTakenDocument(clientId, policy)) return undefined;
      const route = currentRoute() ?? '';
      if (!record) return signInRoutes.includes(route) ? refreshed(clientId, false) : undefined;
      if (record.disabledAt !== undefined) return record;
      if (!isStale(record, route)) return record;
      const current = refreshed(clientId, record.expiresAt === undefined);
      return signInRoutes.includes(route) ? current : current.catch(refuseAuthentication);
    },
  };
}

/** RFC 6749 section 5.2: where a client authenticates, or names itself, the status is 401. */
function refuseAuthentication(error: unknown): never {
  if (!(error instanceof errors.InvalidClient)) throw error;
  throw new errors.InvalidClientAuth({ detail: error.error_description ?? '', cause: error });
}
