/**
 * Signatures by other issuers. Their keys are fetched only for operators, where the configuration allows it, and with
 * a `fetch` that reaches public addresses alone: whoever made the token chose the address.
 */
import { findSigner } from '../portable/key_search.js';
import { say } from '../portable/statement.js';
import type { PublicKey, ReadToken, Statement } from '../report.ts';

/** Undefined: the configuration does not allow it. */
export type ForeignFetch = typeof fetch | undefined;

export async function checkForeignSignature(
  fetchOutbound: ForeignFetch,
  token: ReadToken,
  { fetchesKeys }: { fetchesKeys: boolean },
): Promise<Statement[]> {
  const issuer = String(token.claims.iss ?? '–');
  if (!fetchOutbound || !fetchesKeys) return [say('unchecked', 'foreign_unchecked', { issuer })];
  const keys = await keysOf(issuer, fetchOutbound).catch(() => undefined);
  if (!keys) return [say('unchecked', 'foreign_without_keys', { issuer })];
  return findSigner(token, keys, ({ kid }) => [
    say('good', 'signed_by_foreign', { issuer, kid: String(kid ?? '–') }),
  ]);
}

/** The JWKS that the issuer's metadata names (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3). */
async function keysOf(
  issuer: string,
  fetchOutbound: typeof fetch,
): Promise<PublicKey[] | undefined> {
  for (const address of metadataAddresses(issuer)) {
    const metadata = (await json(address, fetchOutbound)) as {
      issuer?: unknown;
      jwks_uri?: unknown;
    };
    // The metadata is that of this issuer, or it says nothing about it (RFC 8414 section 3.3).
    if (metadata?.issuer !== issuer || typeof metadata.jwks_uri !== 'string') continue;
    const jwks = (await json(metadata.jwks_uri, fetchOutbound)) as { keys?: unknown };
    return Array.isArray(jwks?.keys) ? (jwks.keys as PublicKey[]).filter(isObject) : undefined;
  }
  return undefined;
}

function metadataAddresses(issuer: string): string[] {
  const url = URL.parse(issuer);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return [];
  const path = url.pathname.replace(/\/$/, '');
  return [
    `${url.origin}${path}/.well-known/openid-configuration`,
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

async function json(address: string, fetchOutbound: typeof fetch): Promise<unknown> {
  const response = await fetchOutbound(address, { headers: { accept: 'application/json' } });
  return response.ok ? response.json() : undefined;
}

function isObject(value: unknown): value is PublicKey {
  return typeof value === 'object' && value !== null;
}
