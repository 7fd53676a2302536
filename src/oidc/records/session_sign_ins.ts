/**
 * The sign-in behind a browser session, as it is kept.
 */
import type { ArtifactStore } from '../../storage/artifacts.ts';

export type SessionSignIn = {
  userId: string;
  /** Seconds since the epoch. */
  at: number;
  acr: string | undefined;
  amr: string[];
  /** The last revocation before it. */
  asOf: number;
};

/** Of the session with this uid; undefined where there is none, or nobody is signed in. `now`: ms. */
export async function findSessionSignIn(
  artifacts: Pick<ArtifactStore, 'findSession'>,
  uid: string,
  now: number,
): Promise<SessionSignIn | undefined> {
  const session = await artifacts.findSession(uid, now);
  if (session?.accountId === undefined) return undefined;
  const { loginTs, acr, amr, signed_in_as_of: asOf } = session.payload;
  return {
    userId: session.accountId,
    at: Number(loginTs),
    acr: acr as string | undefined,
    amr: (amr as string[] | undefined) ?? [],
    asOf: Number(asOf ?? 0),
  };
}
