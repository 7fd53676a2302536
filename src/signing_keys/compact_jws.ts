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
  const header = { alg: key.algorithm, kid: key.kid, typ };
  const signed = `${toSegment(header)}.${toSegment(payload)}`;
  const signature = await sign(key, Buffer.from(signed));
  return `${signed}.${signature.toString('base64url')}`;
}

function toSegment(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
