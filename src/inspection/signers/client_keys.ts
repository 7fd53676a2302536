/**
 * Signatures by clients: client assertions (RFC 7523) and request objects (RFC 9101). Whether there is such a client is
 * for operators to know.
 */
import type { ClientRecord } from '../../storage/clients.ts';
import { audiencesOf } from '../portable/expectations.js';
import { findSigner } from '../portable/key_search.js';
import { say } from '../portable/statement.js';
import type { PublicKey, ReadToken, Statement } from '../report.ts';

export type FindClient = (clientId: string) => Promise<ClientRecord | undefined>;

/** Kinds that clients sign. */
export const ofClient: ReadonlySet<string> = new Set(['client_assertion', 'request_object']);

export async function checkClientSignature(
  find: FindClient,
  token: ReadToken,
  { issuer, seesRecords }: { issuer: string; seesRecords: boolean },
): Promise<Statement[]> {
  const audience = checkAudience(token, issuer);
  if (!seesRecords) return [say('unchecked', 'client_key_unchecked'), ...audience];
  const clientId = String(token.claims.client_id ?? token.claims.iss ?? '');
  const client = await find(clientId);
  if (!client) return [say('bad', 'client_unknown', { client: clientId }, 3), ...audience];
  const { jwks, jwks_uri: uri } = client.metadata as {
    jwks?: { keys?: PublicKey[] };
    jwks_uri?: string;
  };
  if (!jwks?.keys) {
    const code = uri === undefined ? 'client_without_keys' : 'client_keys_elsewhere';
    return [say('unchecked', code, { client: clientId }), ...audience];
  }
  const found = await findSigner(token, jwks.keys, ({ kid }) => [
    say('good', 'signed_by_client', { client: clientId, kid: String(kid ?? '–') }),
  ]);
  return [...found, ...audience];
}

/** RFC 7523 section 3, RFC 9101 section 5.1: it is for this server. */
function checkAudience({ claims }: ReadToken, issuer: string): Statement[] {
  const there = audiencesOf(claims);
  const base = issuer.replace(/\/$/, '');
  const isForUs = there.some((one) => one === issuer || one === `${base}/token`);
  return isForUs
    ? [say('good', 'audience_is_us')]
    : [say('bad', 'audience_is_not_us', { there: there.join(', ') || '–', issuer }, 4)];
}
