/**
 * Writes that only the answer of a request waits for: while they are gathered, the library goes on, and what it writes
 * next is in the same commit.
 */
import { createRequestSlot } from '../engine/request_slots.ts';

/** Begun by the current request and not known to be durable. Set and read here; absent: nobody waits for them later. */
const gathered = createRequestSlot<Promise<unknown>[] | undefined>();

/** Runs `work` and resolves with its value once all that it gathered is durable. Throws what `work` or a write throws. */
export async function gatherWrites<T>(work: () => Promise<T>): Promise<T> {
  const writes: Promise<unknown>[] = [];
  gathered.set(writes);
  try {
    const value = await work();
    await Promise.all(writes);
    return value;
  } finally {
    gathered.set(undefined);
  }
}

/** Resolves once the write is durable; at once where the request waits for it before its answer. */
export async function beforeAnswer(write: Promise<unknown>): Promise<void> {
  const writes = gathered.get();
  if (!writes) {
    await write;
    return;
  }
  // It may fail before anybody waits for it.
  write.catch(() => {});
  writes.push(write);
}
