/**
 * What it means to revoke each thing that can be named, and what the audit trail says of it: the same, whoever asks
 * for it. The records were found before; who revokes, and why, is added by whoever throws the switch.
 */
import { fingerprint } from '../../digests.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import type { ReadAccessToken } from '../access/access_token_reader.ts';
import type { RevocationOrder } from './kill_switches.ts';
import type { RevocationTarget } from './revocations.ts';

export type NamedRevocation = { target: RevocationTarget; order: RevocationOrder };

export const revocationOf = {
  /** All sessions, grants and tokens; with `apiKeys` the API keys as well. */
  user: (userId: string, { apiKeys = false }: { apiKeys?: boolean | undefined } = {}) =>
    named({ accountId: userId, ...(apiKeys && { keys: true }) }, 'revocation.user', { userId }),

  /** All grants and tokens. Its secrets stay valid. */
  client: (clientId: string) => named({ clientId }, 'revocation.client', { clientId }),

  /** A consent, and all tokens based on it. */
  grant: ({ id: grantId, accountId: userId, clientId }: Artifact) =>
    named({ grantId }, 'revocation.grant', { userId, clientId, details: { grant_id: grantId } }),

  /** A browser session: nobody is signed in with it any more. */
  session: (sessionUid: string, userId: string | undefined) =>
    named({ sessionUid }, 'revocation.session', { userId }),

  /** What a client has of a browser session (sessionReference). */
  sessionAtClient: (session: string, about: { userId: string | undefined; clientId: string }) =>
    named({ session }, 'revocation.session', about),

  /** All access tokens for an API. Its API keys stay. */
  api: (identifier: string) =>
    named({ api: identifier }, 'revocation.api', { details: { api: identifier } }),

  /** An API key, for good, and everything exchanged for it. `details`: what the audit trail has of API keys. */
  apiKey: (
    { id, userId }: { id: string; userId?: string | undefined },
    details: RevocationOrder['details'],
  ) => named({ apiKey: id }, 'revocation.api_key', { userId, details }),

  /** All API keys of a project, for good, and everything exchanged for them. */
  project: ({ id, name, api }: { id: string; name: string; api: string }) =>
    named({ keysOfProject: id }, 'revocation.project', { details: { project_id: id, name, api } }),

  /** A signing key, and everything that it signed. */
  signingKey: (kid: string) =>
    named({ keyId: kid }, 'revocation.signing_key', { details: { kid } }),

  /** All tokens and sessions of everybody, or those issued before an instant: milliseconds, and as it was given. */
  everything: (before?: { at: number; text: string }) =>
    named({ everything: true, before: before?.at }, 'revocation.everything', {
      details: { before: before?.text },
    }),

  /** One JWT access token. */
  accessToken({ claims, accountId: userId, status }: ReadAccessToken) {
    const { jti, exp, client_id: clientId } = claims;
    const target = { token: jti, expiresAt: exp * 1000, status };
    return named(target, 'revocation.token', { userId, clientId, details: { jti } });
  },

  /**
   * A stored token. `familyId`: the family that ends with it; a refresh token or a code is revoked with everything that
   * came of it (RFC 7009 section 2.1).
   */
  storedToken(
    { kind, id, accountId: userId, clientId, expiresAt }: Artifact,
    familyId: string | undefined,
  ) {
    const about = { userId, clientId, details: { kind, token: fingerprint(id) } };
    return familyId
      ? named({ familyId }, 'revocation.family', about)
      : named({ record: { kind, id }, expiresAt }, 'revocation.token', about);
  },
};

function named(
  target: RevocationTarget,
  type: RevocationOrder['type'],
  about: Omit<RevocationOrder, 'type'>,
): NamedRevocation {
  return { target, order: { type, ...about } };
}
