/**
 * Whether a stored record still holds. A record can be written again after it was revoked, by a request that
 * was under way: the library saves a session at the end of each request, and issues tokens for a code that it
 * read before. So what was revoked is judged by its marker, not by whether its record is gone.
 */
import type { Artifact } from '../storage/artifacts.ts';
import type { Revocations } from '../tokens/revocations.ts';

const tokens = new Set(['AccessToken', 'ClientCredentials', 'RefreshToken']);
/** What stands for a person once somebody has signed in. */
const personal = new Set(['Session', 'AuthorizationCode', 'DeviceCode']);

export function createLiveness(revocations: Pick<Revocations, 'isRevoked'>) {
  return async function isDead(artifact: Artifact): Promise<boolean> {
    const { kind, familyId, grantId, clientId, accountId, payload } = artifact;
    const isOfPerson = personal.has(kind) && accountId !== undefined;
    if (!tokens.has(kind) && !isOfPerson) return false;
    return revocations.isRevoked({
      ...{ familyId, grantId, clientId, accountId },
      sessionUid: kind === 'Session' ? artifact.sessionUid : undefined,
      issuedAt: Number(payload.iat) * 1000,
      signedInAt: signInTime(payload),
    });
  };
}

/** When the person behind a record signed in; milliseconds. */
function signInTime(payload: Artifact['payload']): number | undefined {
  const { loginTs, authTime, extra } = payload as {
    loginTs?: number;
    authTime?: number;
    extra?: { auth_time?: number };
  };
  const seconds = loginTs ?? authTime ?? extra?.auth_time;
  return seconds === undefined ? undefined : seconds * 1000;
}
