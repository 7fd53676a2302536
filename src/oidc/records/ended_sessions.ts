/**
 * Ending a browser session from outside of it, with what a sign-out would end: the session itself, and at each client
 * the tokens that belong to it. What was granted for longer stays.
 */
import type { AuditContext } from '../../audit/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import {
  type KillSwitches,
  type RevocationOutcome,
  revocationOf,
  sessionReference,
} from '../../tokens/room.ts';

/** As the library keeps what each client has of a session. */
type SessionContent = {
  /** `persistsLogout`: what the client got by then was granted for longer than the session (`offline_access`). */
  authorizations?: Record<string, { grantId?: string; persistsLogout?: boolean }>;
};

/** `session`: an artifact of the kind `Session`. Answers the outcome that takes longest to be effective. */
export async function endBrowserSession(
  { kind, id, sessionUid = '', accountId: userId, payload }: Artifact,
  {
    killSwitches,
    artifacts,
  }: {
    killSwitches: Pick<KillSwitches, 'throwSwitch'>;
    artifacts: Pick<ArtifactStore, 'remove' | 'removeAll'>;
  },
  by: AuditContext,
): Promise<RevocationOutcome> {
  const { target, order } = revocationOf.session(sessionUid, userId);
  // First, so that nobody gets anything from it while the rest is under way.
  const outcomes = [await killSwitches.throwSwitch(target, { ...order, ...by })];
  await artifacts.remove(kind, id);
  const { authorizations = {} } = payload as SessionContent;
  for (const [clientId, { grantId, persistsLogout }] of Object.entries(authorizations)) {
    const reference = sessionReference(sessionUid, clientId);
    const ofClient = revocationOf.sessionAtClient(reference, { userId, clientId });
    outcomes.push(await killSwitches.throwSwitch(ofClient.target, { ...ofClient.order, ...by }));
    if (grantId !== undefined && !persistsLogout)
      await artifacts.removeAll({ grantId, sessionUid });
  }
  return outcomes.reduce((slowest, outcome) =>
    outcome.effectiveWithin > slowest.effectiveWithin ? outcome : slowest,
  );
}
