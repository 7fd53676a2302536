/**
 * Who works on what is left of a revocation, where that takes long: while a process is at it, the others leave it
 * alone. A claim ends by itself soon after its process. Only what is counted would suffer from two at once.
 */
import type { Clock } from '../../clock.ts';
import type { DocumentStore } from '../../storage/documents.ts';

export type WorkClaims = {
  /** Does the work, as this process has begun it. What is over at once is never claimed. */
  hold<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Takes over the work, unless a living process holds it. Whether it was done. */
  take(name: string, work: () => Promise<unknown>): Promise<boolean>;
};

type Claims = Record<string, { by: string; until: number }>;

const claimsDocument = 'revocation_work';
/** Shorter than others leave work alone that was just begun (resumption.ts). */
const renewMs = 3000;
const claimMs = 15_000;
/** Each failed write is another process's success. */
const mostAttempts = 100;

export function createWorkClaims({
  documents,
  clock,
  owner,
}: {
  documents: DocumentStore;
  clock: Clock;
  /** A name that no other process has. */
  owner: string;
}): WorkClaims {
  /** Changes this process's claim. False, with nothing changed, if the claim is another's. */
  const change = async (name: string, until: number): Promise<boolean> => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const { version, value } = (await documents.get<Claims>(claimsDocument)) ?? {
        ...{ version: 0, value: {} },
      };
      const now = clock.now();
      const living = Object.entries(value).filter(([, claim]) => claim.until > now);
      const claims = Object.fromEntries(living);
      const held = claims[name];
      if (held && held.by !== owner) return false;
      if (until > now) claims[name] = { by: owner, until };
      else if (held) delete claims[name];
      else return true;
      if (await documents.compareAndSet(claimsDocument, version, claims)) return true;
    }
    throw new Error('a revocation could not be claimed');
  };

  const hold: WorkClaims['hold'] = async (name, work) => {
    let renewal = Promise.resolve<unknown>(undefined);
    let isClaimed = false;
    const timer = setInterval(() => {
      isClaimed = true;
      // If the store is lost, the work fails by itself.
      renewal = renewal.then(() => change(name, clock.now() + claimMs)).catch(() => {});
    }, renewMs).unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
      if (isClaimed) await renewal.then(() => change(name, 0)).catch(() => {});
    }
  };

  return {
    hold,
    async take(name, work) {
      if (!(await change(name, clock.now() + claimMs))) return false;
      try {
        await hold(name, work);
      } finally {
        await change(name, 0).catch(() => {});
      }
      return true;
    },
  };
}
