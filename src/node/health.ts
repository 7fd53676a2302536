/**
 * Whether this process can serve: not while it stops, and not without its store.
 */
import type { Store } from '../storage/store.ts';
import { withinTime } from '../time_limit.ts';

export type Health = {
  /** Never throws. Resolves within the time limit. */
  ready(): Promise<boolean>;
  /** From now on it is not ready. */
  stopping(): void;
};

export function createHealth({
  store,
  timeoutMs = 1000,
}: {
  store: Pick<Store, 'ping'>;
  timeoutMs?: number;
}): Health {
  let isStopping = false;
  let asking: Promise<boolean> | undefined;

  /** One ping at a time: a store that hangs is not pinged again by each probe. */
  const storeAnswers = () => {
    asking ??= store
      .ping()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };

  return {
    async ready() {
      if (isStopping) return false;
      return (await withinTime(storeAnswers(), timeoutMs, false)) && !isStopping;
    },
    stopping() {
      isStopping = true;
    },
  };
}
