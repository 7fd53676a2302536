/**
 * Counters with a fixed window, shared by all workers and nodes: what throttling counts with.
 * The one concern that need not survive a failure of the machine (it does survive one of the process).
 */
export type CounterState = {
  count: number;
  /** Milliseconds since the epoch: when the window ends and the count starts anew. */
  resetAt: number;
};

export type CounterStore = {
  /** Adds `amount` (may be 0: a mere read) and answers the state after it. The first addition opens a window of `windowMs`. Atomic. */
  add(key: string, amount: number, windowMs: number, now: number): Promise<CounterState>;
  reset(key: string): Promise<void>;
};
