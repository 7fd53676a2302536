/**
 * An authenticator with passkeys, without a browser: makes and uses them as WebAuthn describes it, and lies about any of
 * it on request.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

type Options = {
  challenge: string;
  rpId?: string;
  rp?: { id?: string };
  user?: { id: string };
};

/** Where it is said to be used, and how; all as it should be, unless said otherwise. */
export type Lies = {
  origin?: string;
  rpId?: string;
  challenge?: string;
  crossOrigin?: boolean;
  isUserVerified?: boolean;
  isUserPresent?: boolean;
  counter?: number;
  userHandle?: string;
  type?: string;
  /** Signed by. */
  privateKey?: KeyObject;
};

export type SoftPasskey = {
  id: string;
  privateKey: KeyObject;
  userHandle: string;
  counter: number;
  isSyncable: boolean;
};

const base64url = (bytes: Buffer | Uint8Array | string) => Buffer.from(bytes).toString('base64url');
const digest = (data: Buffer | string) => createHash('sha256').update(data).digest();

function clientDataOf(type: string, challenge: string, origin: string, lies: Lies): Buffer {
  const { crossOrigin = false } = lies;
  return Buffer.from(
    JSON.stringify({
      ...{ type: lies.type ?? type, challenge: lies.challenge ?? challenge },
      ...{ origin: lies.origin ?? origin, crossOrigin },
    }),
  );
}

/** WebAuthn section 6.1. */
function authenticatorData(
  rpId: string,
  { counter, isSyncable }: Pick<SoftPasskey, 'counter' | 'isSyncable'>,
  { isUserPresent = true, isUserVerified = true }: Lies,
  attested = Buffer.alloc(0),
): Buffer {
  const flags =
    (isUserPresent ? 0x01 : 0) |
    (isUserVerified ? 0x04 : 0) |
    (isSyncable ? 0x18 : 0) |
    (attested.length > 0 ? 0x40 : 0);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([digest(rpId), Buffer.from([flags]), count, attested]);
}

/** Answers a page that wants a new one. `origin`: of that page. */
export function makePasskey(
  options: Options,
  origin: string,
  {
    id = base64url(randomBytes(32)),
    isSyncable = false,
    ...lies
  }: Lies & { id?: string; isSyncable?: boolean } = {},
): { passkey: SoftPasskey; credential: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const cose = isoCBOR.encode(
    new Map<number, number | Uint8Array<ArrayBuffer>>([
      ...([
        [1, 2],
        [3, -7],
        [-1, 1],
      ] as [number, number][]),
      [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
      [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
    ]),
  );
  const rawId = Buffer.from(id, 'base64url');
  const idLength = Buffer.alloc(2);
  idLength.writeUInt16BE(rawId.length);
  const attested = Buffer.concat([Buffer.alloc(16), idLength, rawId, cose]);
  const passkey = {
    ...{ id, privateKey, isSyncable, counter: lies.counter ?? 0 },
    userHandle: options.user?.id ?? '',
  };
  const authData = authenticatorData(lies.rpId ?? options.rp?.id ?? '', passkey, lies, attested);
  const attestation = isoCBOR.encode(
    new Map<string, string | Map<string, string> | Uint8Array<ArrayBuffer>>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', Uint8Array.from(authData)],
    ]),
  );
  const response = {
    clientDataJSON: base64url(clientDataOf('webauthn.create', options.challenge, origin, lies)),
    ...{ attestationObject: base64url(attestation), transports: ['internal'] },
  };
  return { passkey, credential: credentialOf(id, response) };
}

/** Answers a page that wants one used; counts, where the passkey does. */
export function usePasskey(
  passkey: SoftPasskey,
  options: Options,
  origin: string,
  lies: Lies = {},
): string {
  if (passkey.counter > 0) passkey.counter += 1;
  const counted = { ...passkey, counter: lies.counter ?? passkey.counter };
  const authData = authenticatorData(lies.rpId ?? options.rpId ?? '', counted, lies);
  const clientData = clientDataOf('webauthn.get', options.challenge, origin, lies);
  const signed = Buffer.concat([authData, digest(clientData)]);
  return credentialOf(passkey.id, {
    ...{ clientDataJSON: base64url(clientData), authenticatorData: base64url(authData) },
    signature: base64url(sign('sha256', signed, lies.privateKey ?? passkey.privateKey)),
    userHandle: lies.userHandle ?? passkey.userHandle,
  });
}

function credentialOf(id: string, response: object): string {
  return JSON.stringify({
    id,
    rawId: id,
    type: 'public-key',
    response,
    clientExtensionResults: {},
  });
}

/** What a page asks browsers for, by what it is for: `sign-in`, `use`, `make` or `offer`. */
export function ceremonyOn(html: string, kind: string): Options & Record<string, unknown> {
  const form = new RegExp(`data-passkey="${kind}" data-ceremony="([^"]*)"`).exec(html);
  if (!form?.[1]) throw new Error(`no passkey to ${kind} on this page:\n${html.slice(0, 2000)}`);
  return JSON.parse(
    form[1].replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&'),
  );
}
