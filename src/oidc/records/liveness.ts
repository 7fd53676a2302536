/**
 * Whether a stored record still holds. A record can be written again after it was revoked, by a request that
 * was under way: the library saves a session at the end of each request, and issues tokens for a code that it
 * read before. So what was revoked is judged by its marker, not by whether its record is gone.
 */
import type { Artifact } from '../../storage/artifacts.ts';
import type { Revocations, TokenLinks } from '../../tokens/room.ts';
import { issuedAtOf, sessionOf, stampsOf } from './revocation_stamps.ts';

/** What stands for a person once somebody has signed in. */
const personal = new Set(['Session', 'AuthorizationCode', 'DeviceCode']);
const accessTokens = new Set(['AccessToken', 'ClientCredentials']);
/** An operator can revoke each of them by itself, and nothing else ends them. */
const standingAlone = new Set(['InitialAccessToken', 'RegistrationAccessToken']);

export function createLiveness(revocations: Pick<Revocations, 'isRevoked'>) {
  return async function isDead(artifact: Artifact): Promise<boolean> {
    const links = linksOf(artifact);
    return links !== undefined && revocations.isRevoked(links);
  };
}

/** What a record hangs on; undefined: no revocation is about its kind. */
export function linksOf(artifact: Artifact): TokenLinks | undefined {
  const { kind, familyId, grantId, clientId, accountId, sessionUid, payload } = artifact;
  // A consent outlasts what ends tokens, but for its own end.
  if (kind === 'Grant') return { grantId, asOf: Number.POSITIVE_INFINITY };
  if (standingAlone.has(kind)) return { recordId: artifact.id, asOf: Number.POSITIVE_INFINITY };
  const isAccessToken = accessTokens.has(kind);
  const isOfPerson = personal.has(kind) && accountId !== undefined;
  if (!isAccessToken && kind !== 'RefreshToken' && !isOfPerson) return undefined;
  return {
    ...{ recordId: artifact.id, familyId, grantId, clientId, accountId },
    session: sessionOf(payload.extra),
    sessionUid: kind === 'Session' ? sessionUid : undefined,
    api: isAccessToken && typeof payload.aud === 'string' ? payload.aud : undefined,
    ...stampsOf(payload),
    issuedAt: issuedAtOf(payload),
  };
}
