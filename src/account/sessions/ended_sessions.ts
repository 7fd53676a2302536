/**
 * Ending sessions of a person, and by when the last API refuses what was issued in them.
 */
import { onRecord } from '../../audit/room.ts';
import { endBrowserSession } from '../../oidc/room.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import type { AccountRequest } from '../page.ts';
import { isOwnSession, readSessions } from './live_sessions.ts';

const batch = 50;
/** No person has more; somebody who does ends the rest with the next request. */
const mostBatches = 40;

/** Answers from when on (ms) it is certain, everywhere. */
export async function endSession(
  session: Artifact,
  { services: { store, killSwitches }, by, now }: Pick<AccountRequest, 'services' | 'by' | 'now'>,
): Promise<number> {
  const { artifacts } = store;
  const outcome = await endBrowserSession(session, { killSwitches, artifacts }, onRecord(by));
  return now + outcome.effectiveWithin * 1000;
}

/** Of all but the one that the person looks from. Undefined: there was none. */
export async function endOtherSessions(request: AccountRequest): Promise<number | undefined> {
  let effectiveBy: number | undefined;
  let after: string | undefined;
  for (let round = 0; round < mostBatches; round += 1) {
    const { sessions, next } = await readSessions(request, { limit: batch, after });
    const others = sessions.filter((session) => !isOwnSession(session, request));
    for (const session of others) {
      effectiveBy = Math.max(effectiveBy ?? 0, await endSession(session, request));
    }
    if (next === undefined) break;
    after = next;
  }
  return effectiveBy;
}
