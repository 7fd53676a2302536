/**
 * JWS compact serialization (RFC 7515 section 7.1) with a signing key.
 */
import type { SigningKey } from './keyring_snapshot.ts';

export type Sign = (key: SigningKey, data: Buffer) => Buffer | Promise<Buffer>;

/** Signs the payload under this `typ`. `alg` and `kid` come from the key. */
export async function compactJws(
  { typ, payload }: { typ: string | undefined; payload: object },
  key: SigningKey,
  sign: Sign,
): Promise<string> {
  const signed = `${headerOf(key, typ)}.${toSegment(payload)}`;
  const signature = await sign(key, Buffer.from(signed));
  return `${signed}.${signature.toString('base64url')}`;
}

/** Of each key, by `typ`: there are two or three. */
const headers = new WeakMap<SigningKey, Map<string | undefined, string>>();

function headerOf(key: SigningKey, typ: string | undefined): string {
  const own = headers.get(key) ?? new Map<string | undefined, string>();
  const known = own.get(typ);
  if (known) return known;
  const header = toSegment({ alg: key.algorithm, kid: key.kid, typ });
  headers.set(key, own.set(typ, header));
  return header;
}

function toSegment(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
