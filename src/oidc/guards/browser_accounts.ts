/**
 * Several people signed in in one browser: one session is the browser's current one, which the engine works with, and
 * the others wait in a cookie of ours, by their own ids. That cookie opens those sessions as the engine's cookie opens its
 * own, and goes when the browser is closed. A digest beside it, in a cookie that no neighbouring host can plant, says that
 * it is this browser's (browser_binding.ts): else somebody could put their own account among those to choose from.
 */
import type { Context } from 'koa';
import type { Provider, Session } from 'oidc-provider';
import { type AuditContext, onRecord } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import { equalSecrets, hmacSha256, sha256 } from '../../digests.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { KillSwitches } from '../../tokens/room.ts';
import { endBrowserSession } from '../records/ended_sessions.ts';
import type { BrowserBinding } from './browser_binding.ts';

export type WaitingAccount = {
  /** Names it in a form. Opens nothing. */
  id: string;
  userId: string;
  session: Session;
};

export type BrowserAccounts = {
  /** Whoever is signed in in this browser besides its current session, the latest first. Throws StoreUnavailableError. */
  waiting(ctx: Context): Promise<WaitingAccount[]>;
  /**
   * Has the current session wait, where it is of another person than the one who signs in. False, and changes nothing,
   * where there is none. `uid`: of the session that the sign-in began with; any other one stays, and so ends the sign-in.
   */
  setAside(ctx: Context, signIn: { userId: string; uid: string | undefined }): Promise<boolean>;
  /** Makes it the browser's current session; the one that was current waits. */
  choose(ctx: Context, account: WaitingAccount): Promise<void>;
  /** Signs out whoever is signed in in this browser, with what was issued in these sessions. */
  endAll(ctx: Context, by: Omit<AuditContext, 'actor'>): Promise<void>;
};

/** Sessions that wait in one browser; whoever signs in beyond that ends the oldest there. */
const mostWaiting = 5;
const separator = '.';

export function createBrowserAccounts({
  provider,
  binding,
  artifacts,
  killSwitches,
  clock,
  keys,
  secure,
  basePath,
  sessionCookie,
}: {
  provider: () => Provider;
  binding: Pick<BrowserBinding, 'dropPlantedSession' | 'ownSession'>;
  artifacts: Pick<ArtifactStore, 'findSession' | 'remove' | 'removeAll'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  clock: Clock;
  /** The first makes digests, all verify. */
  keys: Buffer[];
  secure: boolean;
  basePath: string;
  /** The name of the session's cookie. */
  sessionCookie: string;
}): BrowserAccounts {
  const shared = { httpOnly: true, sameSite: 'lax', secure, overwrite: true } as const;
  const path = basePath || '/';
  const name = 'cardea_accounts';
  const proofName = `${secure ? '__Host-' : ''}cardea_owns_accounts`;
  const digestsOf = (value: string) => keys.map((key) => hmacSha256(key, `accounts ${value}`));

  const read = (ctx: Context): string[] => {
    const value = ctx.cookies.get(name, { signed: false });
    const proof = ctx.cookies.get(proofName, { signed: false });
    if (!value || !proof || !digestsOf(value).some((digest) => equalSecrets(digest, proof))) {
      return [];
    }
    return value.split(separator).slice(0, mostWaiting);
  };

  const write = (ctx: Context, ids: readonly string[]) => {
    const value = ids.slice(0, mostWaiting).join(separator) || null;
    const [proof = null] = value === null ? [] : digestsOf(value);
    ctx.cookies.set(name, value, { ...shared, path, signed: false });
    ctx.cookies.set(proofName, proof, { ...shared, path: '/', signed: false });
  };

  const currentId = (ctx: Context) => {
    binding.dropPlantedSession(ctx);
    return ctx.cookies.get(sessionCookie, { signed: true });
  };

  const find = async (id: string) => {
    const session = await provider().Session.find(id);
    return session?.accountId === undefined ? undefined : session;
  };

  return {
    async waiting(ctx) {
      const found = await Promise.all(
        read(ctx).map(async (id) => {
          const session = await find(id);
          return session && { id: sha256(id), userId: String(session.accountId), session };
        }),
      );
      return found.filter((account) => account !== undefined);
    },

    async setAside(ctx, { userId, uid }) {
      const id = currentId(ctx);
      const session = id === undefined ? undefined : await find(id);
      if (id === undefined || !session || session.accountId === userId) return false;
      if (uid !== undefined && session.uid !== uid) return false;
      write(ctx, [id, ...read(ctx).filter((other) => other !== id)]);
      ctx.cookies.set(sessionCookie, null, { ...shared, path, signed: true });
      return true;
    },

    async choose(ctx, { session }) {
      const current = currentId(ctx);
      const ids = current !== undefined && (await find(current)) ? [current] : [];
      write(ctx, [...ids, ...read(ctx).filter((id) => id !== session.jti)]);
      ctx.cookies.set(sessionCookie, session.jti, {
        ...{ ...shared, path, signed: true },
        ...(!session.transient && { expires: new Date(session.exp * 1000) }),
      });
      binding.ownSession(ctx, session.jti);
    },

    async endAll(ctx, from) {
      const current = currentId(ctx);
      for (const id of [...(current === undefined ? [] : [current]), ...read(ctx)]) {
        const session = await find(id);
        const artifact = session && (await artifacts.findSession(session.uid, clock.now()));
        if (!artifact) continue;
        const by = onRecord({ ...from, actor: `user:${artifact.accountId}` });
        await endBrowserSession(artifact, { killSwitches, artifacts }, by);
      }
      write(ctx, []);
      ctx.cookies.set(sessionCookie, null, { ...shared, path, signed: true });
    },
  };
}
