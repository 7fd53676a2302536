/**
 * Refusals on record, so that whoever has the reference of one (the request id on the error page, in the header
 * `X-Request-Id` and in the log) can be told why. Kept for some days and bounded for each address and in all: whoever
 * sends nonsense leaves little behind, and does not push out what others left.
 */
import { createLruCache } from '../caching/lru_cache.ts';
import type { Clock } from '../clock.ts';
import { dayMs, hourMs } from '../definitions/units.ts';
import { networkOf } from '../net/network_shares.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { Log } from '../telemetry/log.ts';
import { withoutSecrets } from '../telemetry/log_fields.ts';
import { reasonOf } from './reason_of.ts';

/** What a request was refused for. No field holds a bearer value. */
type RefusedRequest = {
  /** The request id. */
  reference: string;
  route: string;
  status: number;
  address: string;
  /** Fields of a log line: the error code, what was expected, what was sent. */
  details: Readonly<Record<string, unknown>>;
};

type RefusalRecord = Omit<RefusedRequest, 'address'> & {
  /** Milliseconds since the epoch. */
  at: number;
  reason: string;
};

type RefusalRecords = {
  /** Answers the reason's name, undefined where it has none; what is to be kept is written in the background. */
  note(refused: RefusedRequest): string | undefined;
  /** Undefined: never refused, not kept, or too long ago. Throws StoreUnavailableError. */
  find(reference: string): Promise<RefusalRecord | undefined>;
};

const kind = 'Refusal';
const keptMs = 3 * dayMs;
/** Of one process and hour; each takes some 600 bytes. */
const mostInAll = 1000;
/** Of one address, process and hour. */
const mostOfAddress = 50;
const countedAddresses = 10_000;

export function createRefusalRecords({
  artifacts,
  clock,
  log,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find'>;
  clock: Clock;
  log: Pick<Log, 'debug'>;
}): RefusalRecords {
  let hour = 0;
  let inAll = 0;
  let byAddress = createLruCache<{ count: number }>(countedAddresses);

  const hasRoom = (address: string): boolean => {
    const current = Math.floor(clock.now() / hourMs);
    if (current !== hour) {
      hour = current;
      inAll = 0;
      byAddress = createLruCache(countedAddresses);
    }
    const network = networkOf(address);
    const own = byAddress.get(network) ?? { count: 0 };
    if (inAll >= mostInAll || own.count >= mostOfAddress) return false;
    own.count += 1;
    inAll += 1;
    byAddress.set(network, own);
    return true;
  };

  return {
    note({ address, reference, ...refused }) {
      const reason = reasonOf(refused.details)?.name;
      if (reason === undefined || !hasRoom(address)) return reason;
      const details = withoutSecrets({ ...refused.details });
      const at = clock.now();
      const payload = { ...refused, at, reason, details };
      artifacts
        .put({ kind, id: reference, payload, expiresAt: at + keptMs })
        .catch((err) => log.debug({ err, request_id: reference }, 'a refusal was not recorded'));
      return reason;
    },

    async find(reference) {
      const found = await artifacts.find(kind, reference, clock.now());
      return found && ({ ...found.payload, reference } as RefusalRecord);
    },
  };
}
