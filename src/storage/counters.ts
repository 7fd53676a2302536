/**
 * Counters with a fixed window, shared by all workers and nodes: what throttling counts with.
 * The one concern that need not survive a failure of the machine (it does survive one of the process).
 */
export type CounterState = {
  count: number;
  /** Milliseconds since the epoch: when the window ends and the count starts anew. */
  resetAt: number;
};

export type CounterAddition = {
  key: string;
  /** 0: only its limit is looked at. Below 0: given back, which opens no window and leaves at least 0. */
  amount: number;
  windowMs: number;
  /** A counter that has counted so much is full. */
  limit?: number;
};

export type CounterStore = {
  /** Adds `amount` (may be 0: a mere read) and answers the state after it. The first addition opens a window of `windowMs`. Atomic. */
  add(key: string, amount: number, windowMs: number, now: number): Promise<CounterState>;
  /** What each of these has counted by now, 0 without an open window; in one read. */
  read(keys: readonly string[], now: number): Promise<number[]>;
  /**
   * Adds to all of these, or to none where one is full: then the state of the first that is; undefined when all were
   * added. However many come at once, no more get through than each limit allows. Where others come for the last
   * places at the same moment, a full counter may have let one go for another that it refuses as well.
   */
  addAll(additions: readonly CounterAddition[], now: number): Promise<CounterState | undefined>;
  reset(key: string): Promise<void>;
};
