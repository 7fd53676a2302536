/**
 * What a request spent or threw away, when it has failed for a reason of ours. The library spends a code, a refresh
 * token or a pushed request, and ends a resumed interaction or a registration's access token, before it has made
 * what comes of it. Where that then cannot be made (the store is lost, no key can sign) nobody has got anything for
 * it: what was spent is given back, and what was to go stays, so that the request can be repeated.
 */
import type { Context, Middleware } from 'koa';
import { CardeaError } from '../../errors.ts';
import { requestState } from '../../http/request_state.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Log } from '../../telemetry/log.ts';
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

export type SettlementDependencies = {
  artifacts: Pick<ArtifactStore, 'release' | 'remove'>;
  log: Pick<Log, 'warn'>;
};

/** What cannot be given back at once is tried again, soon after the store is back. Codes live for a minute. */
const attempts = 120;
const restMs = 250;
/** Of one process; a store that is lost for long leaves no more behind. */
const mostWaiting = 1000;

export function createSettlement({ artifacts, log }: SettlementDependencies): Middleware {
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

  const undo = async (ctx: Context) => {
    keepCookies(ctx);
    await Promise.all((spent.get(ctx) ?? []).map((artifact) => giveBack(artifact)));
  };

  return async function settle(ctx, next) {
    try {
      await next();
      const { failure, over } = requestState(ctx);
      if (over || isFault(failure)) return await undo(ctx);
      await Promise.all(
        (outdated.get(ctx) ?? []).map(({ kind, id }) => artifacts.remove(kind, id)),
      );
    } catch (error) {
      if (isFault(error)) await undo(ctx);
      throw error;
    }
  };
}

/** Ours; a refusal is none, and what was spent for it stays spent. */
function isFault(error: unknown): boolean {
  return error !== undefined && !(error instanceof CardeaError && error.status < 500);
}

/** A cookie that the library took away for what would follow. */
function keepCookies(ctx: Context): void {
  const cookies = [ctx.response.headers['set-cookie'] ?? []].flat() as string[];
  const kept = cookies.filter((cookie) => !/;\s*expires=Thu, 01 Jan 1970/i.test(cookie));
  if (kept.length === cookies.length || ctx.headerSent) return;
  if (kept.length === 0) ctx.remove('Set-Cookie');
  else ctx.set('Set-Cookie', kept);
}
