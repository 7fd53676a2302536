/**
 * A sign-in that is under way: who it is and what is proven so far, kept on the server for its interaction. It belongs
 * to the account, so that what ends the account's sessions ends it, too.
 */
import type { Clock } from '../clock.ts';
import { minuteMs } from '../definitions/units.ts';
import { sha256 } from '../digests.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { Proof } from './proofs.ts';

const kind = 'SignInProgress';
const lifetimeMs = 10 * minuteMs;

export type SignInProgress = {
  userId: string;
  proofs: Proof[];
  /** The last revocation before the first proof. */
  asOf: number;
  /** Whether it goes on from a session that is there already, and only adds to it. */
  isStepUp: boolean;
  /** When the password that was proven had been changed (ms); a newer one ends the sign-in. Undefined: never. */
  passwordChangedAt?: number | undefined;
  /** Whether the session outlives the browser's closing, as the person wishes. */
  staysSignedIn?: boolean | undefined;
  /** The secret of an authenticator app that is being set up, sealed. */
  newTotp?: string | undefined;
  /** The id of the provider that said who it is. */
  provider?: string | undefined;
  /** Whether the browser makes passkeys by itself, as it says. */
  canMakePasskey?: boolean | undefined;
  /** Whether it is about to be asked for one. */
  offersPasskey?: boolean | undefined;
};

export type SignInProgresses = {
  find(interactionId: string): Promise<SignInProgress | undefined>;
  save(interactionId: string, progress: SignInProgress): Promise<void>;
  end(interactionId: string): Promise<void>;
};

export function createSignInProgresses({
  artifacts,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find' | 'remove'>;
  clock: Clock;
}): SignInProgresses {
  return {
    async find(interactionId) {
      const found = await artifacts.find(kind, sha256(interactionId), clock.now());
      return found?.payload as SignInProgress | undefined;
    },
    async save(interactionId, progress) {
      await artifacts.put({
        ...{ kind, id: sha256(interactionId), accountId: progress.userId, payload: progress },
        expiresAt: clock.now() + lifetimeMs,
      });
    },
    end: (interactionId) => artifacts.remove(kind, sha256(interactionId)),
  };
}
