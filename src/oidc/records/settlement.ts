/**
 * What a request spent or threw away, when it has failed for a reason of ours. The library spends a code, a refresh
 * token or a pushed request, and ends a resumed interaction or a registration's access token, before it has made
 * what comes of it. Where that then cannot be made (the store is lost, no key can sign) nobody has got anything for
 * it: what was spent is given back, and what was to go stays, so that the request can be repeated.
 */
import type { Context, Middleware } from 'koa';
import { CardeaError } from '../../errors.ts';
import { type RequestState, requestState } from '../../http/request_state.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Log } from '../../telemetry/log.ts';
import { ownFault } from '../engine/internal_faults.ts';
import { errors } from '../engine/library.ts';
import { createRequestSlot } from '../engine/request_slots.ts';

/** What this request, and no other, has spent; `consumedAt` in milliseconds since the epoch. */
export type SpentArtifact = { kind: string; id: string; consumedAt: number };

/** Both are filled by what the library has the adapter do, and read here once the request is answered. */
const spent = createRequestSlot<SpentArtifact[]>();
const outdated = createRequestSlot<{ kind: string; id: string }[]>();

/** To be given back if the request fails. */
export function noteSpent(artifact: SpentArtifact): void {
  spent.set([...(spent.get() ?? []), artifact]);
}

/** To be removed once the request has succeeded. */
export function removeOnSuccess(artifact: { kind: string; id: string }): void {
  outdated.set([...(outdated.get() ?? []), artifact]);
}

export type Settlement = {
  /** Runs what serves a request, and settles what that has spent. Throws what `serve` throws. */
  settle<T>(request: { state: RequestState }, serve: () => Promise<T>): Promise<T>;
  /** The same around routes of the library. */
  layer: Middleware;
};

export type SettlementDependencies = {
  artifacts: Pick<ArtifactStore, 'release' | 'remove'>;
  log: Pick<Log, 'warn'>;
};

/** What cannot be given back at once is tried again, soon after the store is back. Codes live for a minute. */
const attempts = 120;
const restMs = 250;
/** Of one process; a store that is lost for long leaves no more behind. */
const mostWaiting = 1000;

export function createSettlement({ artifacts, log }: SettlementDependencies): Settlement {
  let waiting = 0;

  const giveBack = async ({ kind, id, consumedAt }: SpentArtifact, attempt = 1): Promise<void> => {
    try {
      await artifacts.release(kind, id, consumedAt);
    } catch (error) {
      if (attempt === attempts || waiting >= mostWaiting) {
        log.warn({ err: error, kind }, 'spent for nothing, and not given back');
        return;
      }
      waiting += 1;
      setTimeout(() => {
        waiting -= 1;
        void giveBack({ kind, id, consumedAt }, attempt + 1);
      }, restMs).unref();
    }
  };

  const undo = async (request: object, beforehand: () => void) => {
    beforehand();
    await Promise.all((spent.get(request) ?? []).map((artifact) => giveBack(artifact)));
  };

  const settle = async <T>(
    request: { state: RequestState },
    serve: () => Promise<T>,
    beforeUndoing = () => {},
  ): Promise<T> => {
    try {
      const served = await serve();
      const { failure, over } = requestState(request);
      if (over || isFault(failure)) await undo(request, beforeUndoing);
      else {
        const gone = outdated.get(request) ?? [];
        await Promise.all(gone.map(({ kind, id }) => artifacts.remove(kind, id)));
      }
      return served;
    } catch (error) {
      if (isFault(error)) await undo(request, beforeUndoing);
      throw error;
    }
  };

  return {
    settle: (request, serve) => settle(request, serve),
    layer: (ctx, next) =>
      settle(ctx as Context & { state: RequestState }, next, () => keepCookies(ctx)),
  };
}

/** Ours; a refusal is none, and what was spent for it stays spent. */
function isFault(error: unknown): boolean {
  if (error === undefined) return false;
  if (ownFault(error)) return true;
  const isRefusal = error instanceof errors.OIDCProviderError && error.expose;
  return !isRefusal && !(error instanceof CardeaError);
}

/** A cookie that the library took away for what would follow. */
function keepCookies(ctx: Context): void {
  const cookies = [ctx.response.headers['set-cookie'] ?? []].flat() as string[];
  const kept = cookies.filter((cookie) => !/;\s*expires=Thu, 01 Jan 1970/i.test(cookie));
  if (kept.length === cookies.length || ctx.headerSent) return;
  if (kept.length === 0) ctx.remove('Set-Cookie');
  else ctx.set('Set-Cookie', kept);
}
