/**
 * Whether a stored record still holds. A record can be written again after it was revoked, by a request that
 * was under way: the library saves a session at the end of each request, and issues tokens for a code that it
 * read before. So what was revoked is judged by its marker, not by whether its record is gone.
 */
import type { Artifact } from '../../storage/artifacts.ts';
import type { Revocations, TokenLinks } from '../../tokens/room.ts';
import { rowOf } from './kinds.ts';
import { issuedAtOf, sessionOf, stampsOf } from './revocation_stamps.ts';

export function createLiveness(revocations: Pick<Revocations, 'isRevoked'>) {
  return async function isDead(artifact: Artifact): Promise<boolean> {
    const links = linksOf(artifact);
    return links !== undefined && revocations.isRevoked(links);
  };
}

/** What a record hangs on; undefined: no revocation is about its kind. */
export function linksOf(artifact: Artifact): TokenLinks | undefined {
  const { familyId, grantId, clientId, accountId, sessionUid, payload } = artifact;
  const { ends, stored, presented } = rowOf(artifact.kind);
  if (ends.by === 'grant') return { grantId, asOf: Number.POSITIVE_INFINITY };
  if (ends.by === 'record') return { recordId: artifact.id, asOf: Number.POSITIVE_INFINITY };
  if (ends.by === 'nothing' || (ends.by === 'person' && accountId === undefined)) return undefined;
  return {
    ...{ recordId: artifact.id, familyId, grantId, clientId, accountId },
    session: sessionOf(payload.extra),
    sessionUid: stored.namedBy === 'sessionUid' ? sessionUid : undefined,
    api: presented.token === 'access' && typeof payload.aud === 'string' ? payload.aud : undefined,
    ...stampsOf(payload),
    issuedAt: issuedAtOf(payload),
  };
}
