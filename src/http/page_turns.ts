/**
 * Pages are begun one after the other, one in each turn of the event loop. One takes many times as long as a request of a
 * program: where hundreds of people arrive in the same moment, a program's request waits for one page and not for all.
 */
import type { Middleware } from 'koa';
import { requestState } from './request_state.ts';

/** Below the layer of the deadline: a page whose time has run out while it waited is not begun at all. */
export function pageTurns(): Middleware {
  const waiting: (() => void)[] = [];
  let isScheduled = false;
  const beginNext = () => {
    waiting.shift()?.();
    isScheduled = waiting.length > 0;
    if (isScheduled) setImmediate(beginNext);
  };
  const turn = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    if (!isScheduled) {
      isScheduled = true;
      setImmediate(beginNext);
    }
    return promise;
  };
  return async function pageTurnsLayer(ctx, next) {
    const state = requestState(ctx);
    if (state.match.errors === 'page') await turn();
    if (!state.over) await next();
  };
}
