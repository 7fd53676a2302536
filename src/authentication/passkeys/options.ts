/**
 * What pages hand to browsers (WebAuthn Level 3 sections 5.4 and 5.5, in their JSON form).
 */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialDescriptorJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { sha256 } from '../../digests.ts';
import type { PasskeyRecord } from '../../storage/authenticators.ts';
import type { PasskeyOwner } from './passkeys.ts';
import type { RelyingParty } from './relying_party.ts';

export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;
export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;

/** Time for a person to find a phone or a key. */
const timeout = 5 * 60_000;
/** COSE: Ed25519, ES256, RS256 (for Windows). */
export const algorithms = [-8, -7, -257];

/**
 * The person as authenticators know them (WebAuthn section 14.6.1: nothing that says who it is). Of a user's id, which
 * may be an address that was imported.
 */
export function userHandleOf(userId: string): string {
  return sha256(`user of passkeys ${userId}`);
}

export function requestOptions(
  { id }: RelyingParty,
  challenge: string,
  passkeys?: readonly PasskeyRecord[],
): RequestOptions {
  return {
    ...{ challenge, rpId: id, timeout, userVerification: 'required' },
    ...(passkeys && { allowCredentials: passkeys.map(descriptorOf) }),
  };
}

export function creationOptions(
  party: RelyingParty,
  challenge: string,
  {
    owner: { id, username, name = username },
    passkeys,
    isSilent = false,
  }: { owner: PasskeyOwner; passkeys: readonly PasskeyRecord[]; isSilent?: boolean },
): CreationOptions {
  return {
    ...{ challenge, timeout, attestation: 'none' },
    rp: { id: party.id, name: party.name },
    user: { id: userHandleOf(id), name: username, displayName: name },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: passkeys.map(descriptorOf),
    authenticatorSelection: {
      ...{ residentKey: 'required', requireResidentKey: true },
      userVerification: isSilent ? 'preferred' : 'required',
    },
  };
}

function descriptorOf({ id, transports }: PasskeyRecord): PublicKeyCredentialDescriptorJSON {
  const known = transports as NonNullable<PublicKeyCredentialDescriptorJSON['transports']>;
  return { type: 'public-key', id, ...(known.length > 0 && { transports: known }) };
}
