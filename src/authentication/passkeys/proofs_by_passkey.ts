/**
 * The proof by a passkey (WebAuthn Level 3 section 7.2): of this person, for this page, by somebody whom the device has
 * verified, and not by a copy of the device.
 */
import {
  type AuthenticationResponseJSON,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server';
import type { AuditContext, AuditSink } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import { equalDigests } from '../../digests.ts';
import { type PasskeyRecord, passkeyKey } from '../../storage/authenticators.ts';
import type { Authenticators } from '../authenticators.ts';
import type { Challenges } from './challenges.ts';
import { userHandleOf } from './options.ts';
import type { Passkeys, TellOfPasskey } from './passkeys.ts';
import type { RelyingParty } from './relying_party.ts';
import type { Assertion } from './responses.ts';

export type ProvenPasskey =
  | { isProven: true; userId: string; isSyncable: boolean }
  /** `unknown`: nobody has it (any more). `copied`: it counts back. `why`: for the operator. */
  | { isProven: false; problem: 'invalid' | 'unknown' | 'copied'; why: string };

/** Where a passkey was used. */
export type CameFrom = Pick<AuditContext, 'ip' | 'requestId'>;

type Found = { userId: string; passkey: PasskeyRecord };

export function createPasskeyProofs({
  party,
  challenges,
  authenticators,
  audit,
  tell,
  clock,
}: {
  party: RelyingParty;
  challenges: Pick<Challenges, 'isFor' | 'spend'>;
  authenticators: Pick<Authenticators, 'findByKey' | 'change'>;
  audit: Pick<AuditSink, 'record'>;
  tell: TellOfPasskey;
  clock: Clock;
}): Passkeys['prove'] {
  const find = async (id: string): Promise<Found | undefined> => {
    const record = await authenticators.findByKey(passkeyKey(id));
    const passkey = record?.passkeys.find((one) => one.id === id);
    return record && passkey && { userId: record.userId, passkey };
  };

  const verify = async (assertion: Assertion, { publicKey }: PasskeyRecord) => {
    const { challenge, ...response } = assertion;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      ...{ expectedChallenge: challenge, expectedOrigin: party.origin, expectedRPID: party.id },
      requireUserVerification: true,
      // The count is compared where the new one is kept, so that of two at the same time one loses.
      credential: { id: assertion.id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
    });
    if (!verified) throw new Error('the signature is not by this passkey');
    return authenticationInfo;
  };

  /** Keeps what the use has changed; the count that it had, where that was not less. */
  const noteUse = async (
    { userId, passkey: { id } }: Found,
    { newCounter, credentialBackedUp }: Awaited<ReturnType<typeof verify>>,
  ): Promise<'noted' | 'gone' | { counted: number }> => {
    let counted: number | undefined;
    const isNoted = await authenticators.change(userId, undefined, ({ passkeys }) => {
      const kept = passkeys.find((one) => one.id === id);
      const goesBack = kept && (kept.counter > 0 || newCounter > 0) && newCounter <= kept.counter;
      counted = goesBack ? kept.counter : undefined;
      if (!kept || goesBack) return undefined;
      const used = {
        ...{ ...kept, counter: newCounter, isSynced: credentialBackedUp },
        lastUsedAt: clock.now(),
      };
      return { passkeys: passkeys.map((one) => (one.id === id ? used : one)) };
    });
    if (isNoted) return 'noted';
    return counted === undefined ? 'gone' : { counted };
  };

  const tellOfCopy = async ({ userId, passkey }: Found, from: CameFrom, details: object) => {
    await audit.record({
      ...{ type: 'passkey.counted_back', outcome: 'failure', userId, ...from },
      target: { kind: 'authenticators', id: userId },
      details: { name: passkey.name, ...details },
    });
    await tell(userId, { event: 'copied', passkey, ip: from.ip });
  };

  return async (assertion, { purpose, userId, from }) => {
    if (!challenges.isFor(purpose, assertion.challenge)) {
      return refused('invalid', 'the challenge is not of this page, or too old');
    }
    const found = await find(assertion.id);
    if (!found) return refused('unknown', 'nobody has this passkey');
    const { userHandle } = assertion.response;
    if (userId !== undefined && userId !== found.userId) {
      return refused('invalid', 'the passkey is of another person');
    }
    if (userHandle && !equalDigests(userHandle, userHandleOf(found.userId))) {
      return refused('invalid', 'the passkey was made for another person');
    }
    let info: Awaited<ReturnType<typeof verify>>;
    try {
      info = await verify(assertion, found.passkey);
    } catch (error) {
      return refused('invalid', error instanceof Error ? error.message : 'it cannot be verified');
    }
    if (!(await challenges.spend(assertion.challenge))) {
      return refused('invalid', 'the challenge was used before');
    }
    const noted = await noteUse(found, info);
    if (noted === 'gone') return refused('unknown', 'the passkey was removed meanwhile');
    if (noted !== 'noted') {
      await tellOfCopy(found, from, { counted: noted.counted, now: info.newCounter });
      return refused('copied', 'the passkey counts back');
    }
    const { userId: owner, passkey } = found;
    return { isProven: true, userId: owner, isSyncable: passkey.isSyncable };
  };
}

function refused(
  problem: Extract<ProvenPasskey, { isProven: false }>['problem'],
  why: string,
): ProvenPasskey {
  return { isProven: false, problem, why };
}
