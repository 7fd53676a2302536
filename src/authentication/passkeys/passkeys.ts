/**
 * Passkeys: what browsers are asked for, and what their answers prove. One is of one person, made for our domain, found
 * by its own id; whoever uses it was verified by the device that has it.
 */
import type { AuditContext, AuditSink } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { AuthenticatorsRecord, PasskeyRecord } from '../../storage/authenticators.ts';
import type { Authenticators } from '../authenticators.ts';
import { createChallenges } from './challenges.ts';
import { createPasskeyOffers, type PasskeyOffers } from './offers.ts';
import {
  type CreationOptions,
  creationOptions,
  type RequestOptions,
  requestOptions,
  userHandleOf,
} from './options.ts';
import { type CameFrom, createPasskeyProofs, type ProvenPasskey } from './proofs_by_passkey.ts';
import { createPasskeyRegistrations, type Registered } from './registrations.ts';
import { relyingPartyOf } from './relying_party.ts';
import { type Assertion, readAssertion } from './responses.ts';

export type PasskeyOwner = { id: string; username: string; name: string | undefined };

export type Passkeys = {
  /** The domain that they are bound to. */
  rpId: string;
  /** Whether browsers make and use passkeys for this issuer. */
  isPossible: boolean;
  /** What a page asks a browser for. `passkeys`: any of these; else of whoever is there. */
  request(purpose: string, passkeys?: readonly PasskeyRecord[]): RequestOptions;
  /** What a page asks a browser to make. `isSilent`: without a word to the person, where the browser can. */
  creation(
    purpose: string,
    owner: PasskeyOwner,
    options: { passkeys: readonly PasskeyRecord[]; isSilent?: boolean },
  ): CreationOptions;
  /** Undefined where it is none. */
  read(text: string): Assertion | undefined;
  /** Whether it answers a request of this purpose, and not too late. */
  isFor(purpose: string, assertion: Assertion): boolean;
  /** What it proves, once. `userId`: it has to be this person's. */
  prove(
    assertion: Assertion,
    expected: { purpose: string; userId?: string | undefined; from: CameFrom },
  ): Promise<ProvenPasskey>;
  /** Keeps a new one, from what the browser has sent. `isSilent`: as it was asked for. */
  add(
    text: string,
    expected: {
      purpose: string;
      userId: string;
      by: AuditContext;
      /** Asked of the record as it is when the passkey is kept. */
      mayAdd: (record: AuthenticatorsRecord) => boolean;
      isSilent?: boolean;
    },
  ): Promise<Registered>;
  /** False where the person has no such passkey (any more). */
  rename(userId: string, passkey: { id: string; name: string; by: AuditContext }): Promise<boolean>;
  /** What whoever keeps the person's passkeys should know: which there are, and what the person is called. */
  signals(owner: PasskeyOwner, passkeys: readonly PasskeyRecord[]): PasskeySignals;
  offers: PasskeyOffers;
};

/**
 * Tells a person of a passkey of theirs: `copied`: it was refused, as it counts back. Resolves also where it fails. `ip`:
 * where it was used or made.
 */
export type TellOfPasskey = (
  userId: string,
  about: { event: 'added' | 'copied'; passkey: PasskeyRecord; ip: string | undefined },
) => Promise<void>;

/** WebAuthn Level 3 section 5.1.10. */
type PasskeySignals = {
  rpId: string;
  accepted: { userId: string; ids: string[] };
  details: { userId: string; name: string; displayName: string };
};

/** `rpId`: another domain than the issuer's. `keys`: derived for the challenges alone. */
export function createPasskeys({
  issuer,
  rpId,
  authenticators,
  artifacts,
  keys,
  audit,
  tell,
  clock,
}: {
  issuer: string;
  rpId: string | undefined;
  authenticators: Pick<Authenticators, 'find' | 'findByKey' | 'change'>;
  artifacts: Pick<ArtifactStore, 'insert'>;
  keys: readonly Buffer[];
  audit: Pick<AuditSink, 'record'>;
  tell: TellOfPasskey;
  clock: Clock;
}): Passkeys {
  const party = relyingPartyOf(issuer, rpId);
  const challenges = createChallenges({ keys, artifacts, clock });
  return {
    rpId: party.id,
    isPossible: party.isPossible,
    request: (purpose, passkeys) => requestOptions(party, challenges.make(purpose), passkeys),
    creation: (purpose, owner, options) =>
      creationOptions(party, challenges.make(purpose), { owner, ...options }),
    read: readAssertion,
    isFor: (purpose, { challenge }) => challenges.isFor(purpose, challenge),
    prove: createPasskeyProofs({ party, challenges, authenticators, audit, tell, clock }),
    add: createPasskeyRegistrations({ party, challenges, authenticators, tell, clock }),
    rename: (userId, { id, name, by }) =>
      authenticators.change(
        userId,
        { type: 'authenticator.renamed', by, details: { kind: 'passkey', name } },
        ({ passkeys }) =>
          passkeys.some((one) => one.id === id)
            ? { passkeys: passkeys.map((one) => (one.id === id ? { ...one, name } : one)) }
            : undefined,
      ),
    signals: ({ id, username, name = username }, passkeys) => {
      const userId = userHandleOf(id);
      return {
        rpId: party.id,
        accepted: { userId, ids: passkeys.map((one) => one.id) },
        details: { userId, name: username, displayName: name },
      };
    },
    offers: createPasskeyOffers({ authenticators, isPossible: party.isPossible, clock }),
  };
}
