/**
 * The sessions of a site: who is signed in to it in which browser. Kept under the hash of their id, with the links
 * that the tokens of the sign-in have, so that whatever ends those (a kill switch, a disabled user, a sign-out) ends the
 * session. What the person may do is not part of it: that is asked anew with each request.
 */
import type { Clock } from '../clock.ts';
import { hourMs, minuteMs } from '../definitions/units.ts';
import { randomId, sha256 } from '../digests.ts';
import type { Artifact, ArtifactStore } from '../storage/artifacts.ts';
import type { ArePrincipalsActive, Revocations, TokenLinks } from '../tokens/room.ts';
import type { Site } from './site.ts';

/** Without a request for so long, it is over. */
const idleMs = 30 * minuteMs;
const longestMs = 12 * hourMs;
/** What is over is still known for this long: its forms are kept for whoever signs in again. */
const rememberedMs = 12 * hourMs;
/** How exactly the last request is kept. */
const touchMs = minuteMs;

export type SiteSession = {
  /** The cookie's value. Never logged. */
  id: string;
  accountId: string;
  /** When the person last proved who they are. Milliseconds since the epoch. */
  authenticatedAt: number;
  /** What they proved (RFC 8176). */
  amr: readonly string[];
  /** Proves to the sign-out whose session it is. */
  idToken: string;
  /** What it hangs on of the session at the server (sessionReference). */
  serverSession: string | undefined;
  /** Idle for too long, or too old: nothing may be done in it. */
  isOver: boolean;
};

type Links = Pick<
  TokenLinks,
  | 'familyId'
  | 'grantId'
  | 'session'
  | 'clientId'
  | 'accountId'
  | 'asOf'
  | 'signedInAsOf'
  | 'issuedAt'
>;

type Kept = {
  links: Links;
  startedAt: number;
  seenAt: number;
  authenticatedAt: number;
  /** Absent in sessions from before it was kept. */
  amr?: string[];
  idToken: string;
};

export type Sessions = {
  /** The id for the cookie. */
  begin(signedIn: {
    accountId: string;
    links: TokenLinks;
    authenticatedAt: number;
    amr: string[];
    idToken: string;
  }): Promise<string>;
  /** Undefined: unknown, ended or revoked. `asOf`: the last revocation that it must know of. */
  find(id: string, asOf: number): Promise<SiteSession | undefined>;
  end(id: string): Promise<void>;
};

const kinds = { console: 'ConsoleSession', account: 'AccountSession' } as const;

export function createSessions({
  site: { name },
  api,
  artifacts,
  revocations,
  arePrincipalsActive,
  secrets,
  clock,
}: {
  site: Site;
  /** The API that its tokens are for. Whoever revokes those ends its sessions, too. */
  api?: string | undefined;
  artifacts: Pick<ArtifactStore, 'put' | 'find' | 'rewrite' | 'remove'>;
  revocations: Pick<Revocations, 'isRevoked'>;
  arePrincipalsActive: ArePrincipalsActive;
  secrets: {
    seal(purpose: string, plaintext: string): string;
    open(purpose: string, sealed: string): Buffer;
  };
  clock: Clock;
}): Sessions {
  const kind = kinds[name];
  const purposeOf = (recordId: string) => `${name} session ${recordId}`;

  const isRevoked = async ({ links }: Kept, asOf: number) =>
    (await revocations.isRevoked({ ...links, api })) || !(await arePrincipalsActive(links, asOf));

  /** Not when it was revoked meanwhile: what is gone stays gone. */
  const touch = async (artifact: Artifact, now: number) => {
    const payload = { ...artifact.payload, seenAt: now };
    await artifacts.rewrite({ kind, id: artifact.id, payload }, now);
  };

  return {
    async begin({ accountId, links, authenticatedAt, amr, idToken }) {
      const id = randomId(32);
      const recordId = sha256(id);
      const now = clock.now();
      const { familyId, grantId, session, clientId, asOf, signedInAsOf, issuedAt } = links;
      const kept: Kept = {
        links: { familyId, grantId, session, clientId, accountId, asOf, signedInAsOf, issuedAt },
        ...{ startedAt: now, seenAt: now, authenticatedAt, amr },
        idToken: secrets.seal(purposeOf(recordId), idToken),
      };
      await artifacts.put({
        ...{ kind, id: recordId, payload: kept, accountId, clientId, grantId, familyId },
        expiresAt: now + longestMs + rememberedMs,
      });
      return id;
    },

    async find(id, asOf) {
      const now = clock.now();
      const artifact = await artifacts.find(kind, sha256(id), now);
      if (!artifact) return undefined;
      const kept = artifact.payload as Kept;
      if (await isRevoked(kept, asOf)) {
        await artifacts.remove(kind, artifact.id);
        return undefined;
      }
      const isOver = now - kept.seenAt >= idleMs || now - kept.startedAt >= longestMs;
      if (!isOver && now - kept.seenAt >= touchMs) await touch(artifact, now);
      return {
        ...{ id, isOver, authenticatedAt: kept.authenticatedAt, amr: kept.amr ?? [] },
        accountId: kept.links.accountId ?? '',
        serverSession: kept.links.session,
        idToken: secrets.open(purposeOf(artifact.id), kept.idToken).toString(),
      };
    },

    end: (id) => artifacts.remove(kind, sha256(id)),
  };
}
