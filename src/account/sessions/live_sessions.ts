/**
 * The sessions of a person at this server, each a browser that is signed in.
 */
import { accountClientId } from '../../definitions/built_in.ts';
import { linksOf } from '../../oidc/room.ts';
import { type Artifact, liveKinds } from '../../storage/artifacts.ts';
import { sessionReference } from '../../tokens/room.ts';
import type { AccountRequest } from '../page.ts';

type Reader = Pick<AccountRequest, 'person' | 'services' | 'now'>;

/** At most `limit`, the newest first, from behind the `next` of the page before. */
export async function readSessions(
  { person, services: { store, revocations }, now }: Reader,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<{ sessions: Artifact[]; next: string | undefined }> {
  const selector = { kind: liveKinds.session, accountId: person.id };
  const { items, next } = await store.artifacts.list(selector, { after, limit, now });
  // One that was revoked may have been written again by a request that was under way.
  const revoked = await Promise.all(
    items.map(async (session) => {
      const links = linksOf(session);
      return links !== undefined && (await revocations.isRevoked(links));
    }),
  );
  return { sessions: items.filter((_, index) => !revoked[index]), next };
}

/** Whether it is the one that the person looks from. */
export function isOwnSession(
  { sessionUid = '' }: Artifact,
  { visit: { session } }: Pick<AccountRequest, 'visit'>,
): boolean {
  return session.serverSession === sessionReference(sessionUid, accountClientId);
}
