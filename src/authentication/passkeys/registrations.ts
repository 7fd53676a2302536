/**
 * New passkeys (WebAuthn Level 3 section 7.1). Nobody is asked for attestation: what authenticator it is is for its name
 * only.
 */
import { type RegistrationResponseJSON, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { Clock } from '../../clock.ts';
import type { PasskeyRecord } from '../../storage/authenticators.ts';
import { DuplicateError } from '../../storage/errors.ts';
import type { Authenticators } from '../authenticators.ts';
import type { Challenges } from './challenges.ts';
import { algorithms } from './options.ts';
import type { Passkeys, TellOfPasskey } from './passkeys.ts';
import { providerName } from './provider_names.ts';
import type { RelyingParty } from './relying_party.ts';
import { type Registration, readRegistration } from './responses.ts';

/** Of one person. */
const mostPasskeys = 20;

export type Registered =
  | { isAdded: true; passkey: PasskeyRecord }
  /** `not_allowed`: what the account has by then needs more. `why`: for the operator. */
  | { isAdded: false; problem: 'invalid' | 'too_many' | 'not_allowed'; why: string };

export function createPasskeyRegistrations({
  party,
  challenges,
  authenticators,
  tell,
  clock,
}: {
  party: RelyingParty;
  challenges: Pick<Challenges, 'isFor' | 'spend'>;
  authenticators: Pick<Authenticators, 'change'>;
  tell: TellOfPasskey;
  clock: Clock;
}): Passkeys['add'] {
  const verify = async (registration: Registration, isSilent: boolean): Promise<PasskeyRecord> => {
    const { challenge, ...response } = registration;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response as RegistrationResponseJSON,
      ...{ expectedChallenge: challenge, expectedOrigin: party.origin, expectedRPID: party.id },
      ...{ requireUserPresence: !isSilent, requireUserVerification: !isSilent },
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) throw new Error('the attestation is not valid');
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
    return {
      ...{ id: credential.id, counter: credential.counter, aaguid },
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      transports: registration.response.transports ?? [],
      ...{ isSyncable: credentialDeviceType === 'multiDevice', isSynced: credentialBackedUp },
      ...{ name: providerName(aaguid), createdAt: clock.now() },
    };
  };

  return async (text, { purpose, userId, by, mayAdd, isSilent = false }) => {
    const registration = readRegistration(text);
    if (!registration) return refused('it is no new passkey');
    if (!challenges.isFor(purpose, registration.challenge)) {
      return refused('the challenge is not of this page, or too old');
    }
    let passkey: PasskeyRecord;
    try {
      passkey = await verify(registration, isSilent);
    } catch (error) {
      return refused(error instanceof Error ? error.message : 'it cannot be verified');
    }
    if (!(await challenges.spend(registration.challenge))) {
      return refused('the challenge was used before');
    }
    const details = { kind: 'passkey', name: passkey.name };
    try {
      let isAllowed = true;
      const isAdded = await authenticators.change(
        userId,
        { type: 'authenticator.added', by, details },
        (record) => {
          const { passkeys } = record;
          isAllowed = mayAdd(record);
          if (!isAllowed || passkeys.length >= mostPasskeys) return undefined;
          return { passkeys: [...passkeys, passkey] };
        },
      );
      if (isAdded) {
        await tell(userId, { event: 'added', passkey, ip: by.ip });
        return { isAdded, passkey };
      }
      if (!isAllowed)
        return { isAdded, problem: 'not_allowed', why: 'the account has more by now' };
      return { isAdded, problem: 'too_many', why: 'the person has too many passkeys' };
    } catch (error) {
      // Never taken over, whoever brings it (section 7.1, step 26).
      if (error instanceof DuplicateError) return refused('somebody has this passkey already');
      throw error;
    }
  };
}

function refused(why: string): Registered {
  return { isAdded: false, problem: 'invalid', why };
}
