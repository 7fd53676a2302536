/**
 * The JWT part of `cardea inspect`: decodes without trust, then runs one check after the other, so that the first
 * failure is visible.
 */
import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { epochSeconds } from '../../clock.ts';
import { looksLikeJwt } from '../../tokens/room.ts';
import type { OperatorContext } from '../context.ts';
import type { Check, Inspection } from '../inspect.ts';
import { type JwtTools, openJwtTools } from './token_reader.ts';

/** Undefined if it is not a JWT at all. */
export async function inspectJwt(
  context: OperatorContext,
  token: string,
): Promise<Inspection | undefined> {
  const decoded = decode(token);
  if (!decoded) return undefined;
  const { header, claims } = decoded;
  const tools = await openJwtTools(context);
  const checks = [
    checkIssuer(claims, context.config.issuer),
    await checkSignature(token, header, tools),
    checkExpiry(claims, epochSeconds(context.clock)),
  ];
  const isAccessToken = header.typ === 'at+jwt';
  if (isAccessToken && checks.every(({ ok }) => ok)) {
    const ok = (await tools.reader.read(token)) !== undefined;
    const detail = ok ? 'not revoked' : 'revoked, or its grant, client or user is gone';
    checks.push({ name: 'revocation', ok, detail });
  }
  const valid = checks.every(({ ok }) => ok);
  return { kind: kindOf(header, claims), valid, header, claims, checks };
}

function decode(token: string) {
  if (!looksLikeJwt(token)) return undefined;
  try {
    const header = decodeProtectedHeader(token) as Record<string, unknown>;
    return { header, claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

function kindOf(header: Record<string, unknown>, claims: JWTPayload): string {
  if (header.typ === 'at+jwt') return 'JWT access token (RFC 9068)';
  if (header.typ === 'logout+jwt') return 'logout token (OpenID Connect Back-Channel Logout)';
  if (header.typ === 'token-introspection+jwt') return 'introspection response (RFC 9701)';
  return 'sub' in claims && 'aud' in claims ? 'ID token (OpenID Connect)' : 'JWT';
}

function checkIssuer({ iss }: JWTPayload, issuer: string): Check {
  const ok = iss === issuer;
  const detail = ok ? 'this issuer' : `another issuer; this one is ${issuer}`;
  return { name: 'issuer', ok, detail };
}

async function checkSignature(
  token: string,
  header: Record<string, unknown>,
  { published }: JwtTools,
): Promise<Check> {
  const name = 'signature';
  const key = published.find(({ kid }) => kid === header.kid);
  if (!key) return { name, ok: false, detail: 'its signing key is not in the JWKS' };
  if (header.alg !== key.algorithm) {
    return {
      name,
      ok: false,
      detail: `the header says ${header.alg}, but the signing key is for ${key.algorithm}`,
    };
  }
  const ok = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] }).then(
    () => true,
    () => false,
  );
  const detail = ok ? `by the ${key.state} signing key` : 'wrong: the token was altered or forged';
  return { name, ok, detail };
}

function checkExpiry({ exp }: JWTPayload, now: number): Check {
  const name = 'expiry';
  if (typeof exp !== 'number') return { name, ok: false, detail: 'it has no exp claim' };
  const seconds = exp - now;
  return seconds > 0
    ? { name, ok: true, detail: `valid for ${seconds} more seconds` }
    : { name, ok: false, detail: `expired ${-seconds} seconds ago` };
}
