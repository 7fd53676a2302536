/**
 * Revocation: says what is dead and answers whether something is. It owns the meaning of the markers in
 * the store; it knows nothing of HTTP or of the protocol engine. A marker is written before anything is
 * deleted, so a process that dies in between has revoked, not half revoked.
 */
import type { Clock } from '../clock.ts';
import type { ArtifactSelector, ArtifactStore } from '../storage/artifacts.ts';
import type { RevocationStore } from '../storage/revocations.ts';
import { grantOf } from './families.ts';

/**
 * What a token hangs on. Any of these being revoked at or after `issuedAt` kills it; the user being revoked, at
 * or after `signedInAt`: what a request that was under way issues later still comes from the sign-in before.
 */
export type TokenLinks = {
  jti?: string | undefined;
  familyId?: string | undefined;
  grantId?: string | undefined;
  /** See sessionReference(). */
  session?: string | undefined;
  /** The uid of the browser session that this is. */
  sessionUid?: string | undefined;
  clientId?: string | undefined;
  accountId?: string | undefined;
  /** Milliseconds since the epoch. */
  issuedAt: number;
  /** When the person signed in, where known; milliseconds. */
  signedInAt?: number | undefined;
};

export type RevocationTarget =
  | { token: string; expiresAt: number }
  | { familyId: string }
  | { grantId: string }
  | { session: string }
  | { sessionUid: string }
  | { clientId: string }
  | { accountId: string }
  | { grantOfAccount: { accountId: string; clientId: string } };

export type Revocations = {
  /** Revokes what is named; complete and durable when it resolves. Idempotent. */
  revoke(target: RevocationTarget): Promise<void>;
  isRevoked(links: TokenLinks): Promise<boolean>;
};

/** No token lives longer than this: the lifetime in all of a refresh token family. Milliseconds. */
const longestLifetime = 90 * 86_400_000;

export function createRevocations({
  markers,
  artifacts,
  clock,
}: {
  markers: RevocationStore;
  artifacts: ArtifactStore;
  clock: Clock;
}): Revocations {
  const mark = (key: string) =>
    markers.put({ key, before: clock.now(), expiresAt: clock.now() + longestLifetime });

  /**
   * For a name that is never used again. Whatever carries it is dead, also what a request that was under way
   * issues a moment later, or what a node issued whose clock is ahead of ours.
   */
  const markForGood = (key: string, expiresAt = clock.now() + longestLifetime) =>
    markers.put({ key, before: expiresAt, expiresAt });

  const kill = async (key: string, selector: ArtifactSelector) => {
    await mark(key);
    await artifacts.removeAll(selector);
  };

  return {
    async revoke(target) {
      if ('token' in target) return markForGood(`token:${target.token}`, target.expiresAt);
      if ('session' in target) return mark(`session:${target.session}`);
      if ('sessionUid' in target) return markForGood(`session_uid:${target.sessionUid}`);
      if ('familyId' in target) {
        await markForGood(`family:${target.familyId}`);
        await artifacts.removeAll({ familyId: target.familyId });
        return;
      }
      if ('grantId' in target) return kill(`grant:${target.grantId}`, { grantId: target.grantId });
      if ('clientId' in target) {
        return kill(`client:${target.clientId}`, { clientId: target.clientId });
      }
      if ('accountId' in target) {
        return kill(userKey(target.accountId), { accountId: target.accountId });
      }
      const { accountId, clientId } = target.grantOfAccount;
      const grant = await artifacts.findByAccountAndClient(
        'Grant',
        accountId,
        clientId,
        clock.now(),
      );
      if (grant) await mark(`grant:${grant.id}`);
      await artifacts.removeAll({ accountId, clientId });
    },

    async isRevoked(links) {
      const grantId = links.grantId ?? (links.familyId && grantOf(links.familyId));
      const keys = [
        links.jti && `token:${links.jti}`,
        links.familyId && `family:${links.familyId}`,
        grantId && `grant:${grantId}`,
        links.session && `session:${links.session}`,
        links.sessionUid && `session_uid:${links.sessionUid}`,
        links.clientId && `client:${links.clientId}`,
        links.accountId && userKey(links.accountId),
      ].filter((key): key is string => Boolean(key));
      const found = await markers.find(keys, clock.now());
      const { issuedAt, accountId = '', signedInAt = issuedAt } = links;
      return found.some(
        ({ key, before }) => (key === userKey(accountId) ? signedInAt : issuedAt) <= before,
      );
    },
  };
}

function userKey(accountId: string): string {
  return `user:${accountId}`;
}
