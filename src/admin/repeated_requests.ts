/**
 * Creations that may be sent again: whoever does not know whether a request arrived repeats it with the same
 * Idempotency-Key and gets the same response, secrets included. For that the response is kept for some minutes, sealed,
 * under a hash of caller and key.
 */
import type { Clock } from '../clock.ts';
import { serverLimits } from '../definitions/limits.ts';
import { minuteMs } from '../definitions/units.ts';
import { equalDigests } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { contentDigest, idempotencyKeyReused, idempotencyRecordId } from '../idempotency.ts';
import type { Secrets } from '../secrets/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { AdminResponse } from './invoke.ts';

export type RepeatedRequests = {
  /**
   * Runs `respond` once for all requests with this key and content. Throws CardeaError `idempotency_key_reused` (422),
   * `invalid_idempotency_key` (400), `request_in_progress` (409), and what `respond` throws; then the key is free again.
   */
  once(
    request: { caller: string; idempotencyKey: string; content: unknown },
    respond: () => Promise<AdminResponse>,
  ): Promise<AdminResponse>;
};

const kind = 'AdminRequest';
/** No request takes longer. What a process that died had begun is free again then. */
const begunMs = minuteMs;

export function createRepeatedRequests({
  artifacts,
  secrets,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find' | 'insert' | 'put' | 'remove'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  clock: Clock;
}): RepeatedRequests {
  return {
    async once({ caller, idempotencyKey, content }, respond) {
      const id = idempotencyRecordId(caller, idempotencyKey);
      const digest = contentDigest(content);
      const keep = (payload: object, forMs: number) => ({
        ...{ kind, id, payload: { digest, ...payload } },
        expiresAt: clock.now() + forMs,
      });
      if (!(await artifacts.insert(keep({}, begunMs), clock.now()))) {
        const known = await artifacts.find(kind, id, clock.now());
        if (!known) throw inProgress();
        const { digest: first, sealed } = known.payload as { digest: string; sealed?: string };
        if (!equalDigests(first, digest)) throw idempotencyKeyReused();
        if (sealed === undefined) throw inProgress();
        return JSON.parse(secrets.open(sealingPurpose(id), sealed).toString()) as AdminResponse;
      }
      try {
        const response = await respond();
        const sealed = secrets.seal(sealingPurpose(id), JSON.stringify(response));
        await artifacts.put(keep({ sealed }, serverLimits.idempotencyMs));
        return response;
      } catch (error) {
        await artifacts.remove(kind, id);
        throw error;
      }
    },
  };
}

/** Bound to its own id: what was sealed for one request cannot be opened for another. */
function sealingPurpose(id: string): string {
  return `admin request ${id}`;
}

function inProgress(): CardeaError {
  return new CardeaError({
    code: 'request_in_progress',
    status: 409,
    message: 'A request with this Idempotency-Key is still being processed. Repeat it shortly.',
    retryAfter: 1,
  });
}
