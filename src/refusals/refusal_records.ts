/**
 * Refusals on record, so that whoever has the reference of one (the request id on the error page, in the header
 * `X-Request-Id` and in the log) can be told why. Kept for some days and bounded for each address and in all: whoever
 * sends nonsense leaves little behind, and does not push out what others left.
 */
import { createLruCache } from '../caching/lru_cache.ts';
import type { Clock } from '../clock.ts';
import { dayMs, hourMs } from '../definitions/units.ts';
import { networkShares } from '../net/network_shares.ts';
import type { RefusalStore, StoredRefusal } from '../storage/refusals.ts';
import type { Log } from '../telemetry/log.ts';
import { withoutSecrets } from '../telemetry/log_fields.ts';
import { reasonOf } from './reason_of.ts';

/** What a request was refused for. No field holds a bearer value. */
type RefusedRequest = {
  /** The request id. */
  reference: string;
  route: string;
  status: number;
  /** The client that asked, as far as it is one. */
  clientId: string | undefined;
  address: string;
  /** Fields of a log line: the error code, what was expected, what was sent. Not all of them are kept. */
  details: Readonly<Record<string, unknown>>;
};

export type RefusalRecords = {
  /** Answers the reason's name, undefined where it has none; what is to be kept is written in the background. */
  note(refused: RefusedRequest): string | undefined;
  /** Undefined: never refused, not kept, or too long ago. Throws StoreUnavailableError. */
  find(reference: string): Promise<StoredRefusal | undefined>;
};

const keptMs = 3 * dayMs;
/** Of one process and hour; each takes some 600 bytes, 4 KB at most. */
const mostInAll = 1000;
/** Of one address, process and hour. */
const mostOfAddress = 50;
const countedAddresses = 10_000;

export function createRefusalRecords({
  refusals,
  clock,
  log,
}: {
  refusals: Pick<RefusalStore, 'insert' | 'find'>;
  clock: Clock;
  log: Pick<Log, 'debug'>;
}): RefusalRecords {
  let hour = 0;
  let inAll = 0;
  let byNetwork = createLruCache<{ count: number }>(countedAddresses);

  /** An address, and the wider networks that one subscriber may have, each by its share. */
  const hasRoom = (address: string): boolean => {
    const current = Math.floor(clock.now() / hourMs);
    if (current !== hour) {
      hour = current;
      inAll = 0;
      byNetwork = createLruCache(countedAddresses);
    }
    const shares = networkShares(address).map(({ network, factor }) => ({
      ...{ network, factor },
      own: byNetwork.get(network) ?? { count: 0 },
    }));
    if (inAll >= mostInAll) return false;
    if (shares.some(({ own, factor }) => own.count >= mostOfAddress * factor)) return false;
    inAll += 1;
    for (const { network, own } of shares) {
      own.count += 1;
      byNetwork.set(network, own);
    }
    return true;
  };

  return {
    note({ address, ...refused }) {
      const reason = reasonOf(refused.details)?.name;
      if (reason === undefined || !hasRoom(address)) return reason;
      const details = storable(refused.details);
      const at = clock.now();
      refusals
        // A reference is of one request: what a proxy hands on twice replaces nothing.
        .insert({ ...refused, at, reason, details, expiresAt: at + keptMs })
        .catch((err) =>
          log.debug({ err, request_id: refused.reference }, 'a refusal was not recorded'),
        );
      return reason;
    },

    find: (reference) => refusals.find(reference, clock.now()),
  };
}

/**
 * What may be kept. People and programs put passwords and secrets where names belong, so nothing that names a person, nor
 * a client that nobody knows, is among it.
 */
const kept = new Set([
  ...['error', 'description', 'detail', 'scope', 'client_scope', 'resource', 'client_grant_types'],
  ...['redirect_uri', 'nearest_redirect_uri', 'registered_auth_method', 'valid_secrets'],
  ...['presented', 'presented_fault', 'issued_to', 'client_fault'],
  ...['known_client', 'client_document', 'provider'],
]);

function storable(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return withoutSecrets(
    Object.fromEntries(Object.entries(details).filter(([name]) => kept.has(name))),
  );
}
