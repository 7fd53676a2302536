/**
 * When sign-out asks the person. A link to `/logout` can come from anybody, so it signs nobody out by itself, unless its
 * `id_token_hint` proves that an app of this very session sent it (OpenID Connect RP-Initiated Logout 1.0 section 2).
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Declaration } from '../../config/schema/declaration.ts';
import type { PairwiseSubjects } from '../clients/pairwise.ts';

/** Whether the person is to be asked, where there is one. The library has verified the hint by then. */
export type MustConfirmSignOut = (ctx: KoaContextWithOIDC) => boolean;

export function createSignOutConfirmation({
  policy,
  pairwise,
}: {
  policy: Declaration['sign_out'];
  pairwise: PairwiseSubjects;
}): MustConfirmSignOut {
  return ({ oidc: { client, session, entities } }) => {
    const hint = entities.IdTokenHint?.payload;
    if (policy.confirm === 'always' || !hint || !client || !session?.accountId) return true;
    const inSession = session.authorizations?.[client.clientId];
    const subject =
      client.subjectType === 'pairwise'
        ? pairwise.subject(session.accountId, String(client.sectorIdentifier))
        : session.accountId;
    if (!inSession || hint.sub !== subject) return true;
    // A token of another browser, or of a session that is over, has another `sid`; without one, another `auth_time`.
    const isOfSession =
      hint.sid === undefined
        ? hint.auth_time !== undefined && hint.auth_time === session.authTime()
        : hint.sid === inSession.sid;
    return !isOfSession;
  };
}
