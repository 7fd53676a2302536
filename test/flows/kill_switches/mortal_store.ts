/**
 * A store whose user dies right after the n-th operation on it that a kill switch, or a change of a user or a
 * client, consists of.
 */
import type { Store } from '../../../src/storage/store.ts';

/** `die` takes the place of the answer to that operation. */
export function mortalStore(store: Store, fatal: number, die: () => Promise<never>): Store {
  let operations = 0;
  const mortal = <Part extends object>(part: Part): Part => {
    const operation = (run: (...values: unknown[]) => Promise<unknown>) => {
      return async (...values: unknown[]) => {
        const answer = await run(...values);
        operations += 1;
        return operations === fatal ? die() : answer;
      };
    };
    return Object.fromEntries(
      Object.entries(part).map(([name, run]) => [name, operation(run)]),
    ) as Part;
  };
  return {
    ...store,
    artifacts: mortal(store.artifacts),
    audit: mortal(store.audit),
    clients: mortal(store.clients),
    documents: mortal(store.documents),
    revocations: mortal(store.revocations),
    statusLeases: mortal(store.statusLeases),
    statusRanges: mortal(store.statusRanges),
    users: mortal(store.users),
  };
}
