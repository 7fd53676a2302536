/**
 * How long an answer of the server is waited for. A server that works on something may take its time; one from
 * which nothing at all is heard is given up soon. To tell the two apart, a server that is quiet is asked for a
 * sign of life. It owns no connection: what is given up goes on in the driver until its socket times out.
 */
import { MongoServerError } from 'mongodb';
import { StoreUnavailableError } from '../errors.ts';

export type Patience = {
  /** The operation's result; StoreUnavailableError when it takes too long, or when too many are under way. */
  wait<T>(operation: () => Promise<T>): Promise<T>;
};

const checkMs = 100;
/** Operations that the driver has not ended, of one process: ten for each of its connections. */
const mostUnderWay = 1000;

type Waiting = { since: number; giveUp(reason: string): void };

/**
 * `answerMs`: what any operation may take; a server that is silent for two fifths of it counts as lost.
 * `askForLife`: the smallest question that there is.
 */
export function createPatience({
  answerMs,
  askForLife,
}: {
  answerMs: number;
  askForLife: () => Promise<unknown>;
}): Patience {
  const quietMs = answerMs / 6;
  const lostMs = (answerMs * 2) / 5;
  /** In order of their beginning. */
  const waiting = new Set<Waiting>();
  let underWay = 0;
  let heardAt = 0;
  let askedAt = 0;
  let checkedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const track = async <T>(operation: () => Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      const result = await operation();
      heardAt = performance.now();
      return result;
    } catch (error) {
      // A refusal is an answer, too. Whatever else went wrong, the driver found without the server.
      if (error instanceof MongoServerError) heardAt = performance.now();
      throw error;
    } finally {
      underWay -= 1;
    }
  };

  const check = () => {
    const now = performance.now();
    // Where this process itself was held up, answers may lie unread.
    if (now - checkedAt > 3 * checkMs) heardAt = Math.max(heardAt, now - quietMs);
    checkedAt = now;
    for (const operation of waiting) {
      const quiet = now - Math.max(operation.since, heardAt);
      if (now - operation.since > answerMs) operation.giveUp('the operation took too long');
      else if (quiet > lostMs) operation.giveUp('the server gives no sign of life');
      else if (quiet > quietMs && now - askedAt > quietMs) {
        askedAt = now;
        track(askForLife).catch(() => {});
      }
    }
    if (waiting.size === 0) stopChecking();
  };
  const startChecking = () => {
    if (timer) return;
    checkedAt = performance.now();
    timer = setInterval(check, checkMs).unref();
  };
  const stopChecking = () => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    wait<T>(operation: () => Promise<T>): Promise<T> {
      if (underWay >= mostUnderWay) return Promise.reject(unavailable('too many operations wait'));
      startChecking();
      return new Promise<T>((resolve, reject) => {
        const entry: Waiting = {
          since: performance.now(),
          giveUp(reason) {
            waiting.delete(entry);
            reject(unavailable(reason));
          },
        };
        waiting.add(entry);
        track(operation)
          .then(resolve, reject)
          .finally(() => waiting.delete(entry));
      });
    },
  };
}

function unavailable(reason: string): StoreUnavailableError {
  return new StoreUnavailableError(new Error(reason));
}
