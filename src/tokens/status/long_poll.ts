/**
 * Requests that wait for a list to change (`Prefer: wait`, RFC 7240 section 4.3). Limited in time and number;
 * beyond that, requests are answered at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { serverLimits } from '../../definitions/limits.ts';

type WaitRequest = {
  seconds: number;
  left: AbortSignal;
  changed: () => boolean | Promise<boolean>;
};

export type LongPoll = {
  /**
   * Resolves when `changed` returns true, when the time is over, when the caller has left, or on `end`. `changed`
   * is called at once and after each poll of the store. Returns false if too many are waiting, or after `end`.
   */
  wait(options: WaitRequest): Promise<boolean>;
  /** Answers all waiting requests now and accepts no more. */
  end(): void;
};

/** How many seconds a request is willing to wait, at most 30. 0: not at all. */
export function preferredWait(prefer: string): number {
  const match = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=$|[,;])/i.exec(prefer);
  return Math.min(Number(match?.[1] ?? 0), serverLimits.statusListWaitMs / 1000);
}

export function createLongPoll({
  onLook,
}: {
  onLook: (listener: () => void) => () => void;
}): LongPoll {
  const ending = new AbortController();
  let waiting = 0;

  const untilChanged = async ({ seconds, left, changed }: WaitRequest): Promise<void> => {
    const over = new AbortController();
    const look = async () => {
      if (await changed()) over.abort();
    };
    const stop = onLook(() => {
      look().catch(() => over.abort());
    });
    const signal = AbortSignal.any([ending.signal, left, over.signal]);
    await sleep(seconds * 1000, undefined, { signal, ref: false }).catch(() => {});
    stop();
  };

  return {
    async wait(options) {
      if (waiting >= serverLimits.statusListWaiting || ending.signal.aborted) return false;
      waiting += 1;
      try {
        if (!(await options.changed())) await untilChanged(options);
        return true;
      } finally {
        waiting -= 1;
      }
    },
    end: () => ending.abort(),
  };
}
