/**
 * The pages of a link with which a person who has lost their second factor sets up a new one. Whoever opens it proves the
 * password first, and no more often than at the sign-in. To open it changes nothing, and its secret comes in forms, never
 * in a path or query, which are logged; it is also what proves that a form is no forgery.
 */
import type { Context, Middleware } from 'koa';
import type { Clock } from '../../clock.ts';
import { setupLinkPath } from '../../definitions/built_in.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { normaliseName } from '../../definitions/names.ts';
import { readForm } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import { forgedRequest, isFromOrigin } from '../../http/same_origin.ts';
import { keepFormsHere } from '../../http/security_headers.ts';
import { ownAddress } from '../../net/client_address.ts';
import type { AccountPageData } from '../../pages/account_data.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { qrCode } from '../../pages/qr_code.ts';
import { pageTexts } from '../../pages/texts.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { UserRecord } from '../../storage/users.ts';
import { provePassword } from '../proven_password.ts';
import type { AccountServices } from '../services.ts';
import { deviceNamed } from '../sessions/devices.ts';
import { createProvenLinks } from './proven_links.ts';

export type SetupLinkRoutes = { page: Middleware; prove: Middleware; finish: Middleware };

type Problem = AccountPageData['account/setup_link']['error'];

const longestSecret = 200;

export function createSetupLinkRoutes({
  issuer,
  basePath,
  services,
  secrets,
  renderer,
  clock,
}: {
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  services: AccountServices;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  renderer: PageRenderer;
  clock: Clock;
}): SetupLinkRoutes {
  const { users, lostFactors, authentication, tell } = services;
  const { host, origin } = new URL(issuer);
  const path = `${basePath}${setupLinkPath}`;
  const proven = createProvenLinks({ secrets, clock });

  const show = (
    ctx: Context,
    status: number,
    typed: Partial<AccountPageData['account/setup_link']> = {},
  ) => {
    ctx.status = status;
    keepFormsHere(ctx);
    renderer.render(ctx, 'account/setup_link', { action: path, hidden: {}, ...typed });
  };

  const showApp = (
    ctx: Context,
    { user, link, sealed }: { user: UserRecord; link: string; sealed: string },
    isWrong = false,
  ) => {
    const owner = { id: user.id, issuer: host, label: user.username };
    const { typed, uri } = authentication.totps.show(owner, sealed);
    ctx.status = isWrong ? 400 : 200;
    keepFormsHere(ctx);
    renderer.render(ctx, 'account/setup_app', {
      ...{ action: `${path}/app`, secret: typed, uri, qr: qrCode(uri) },
      hidden: { link, proof: proven.seal(link, { user, sealed }) },
      error: isWrong ? 'wrong_code' : undefined,
    });
  };

  const readOwnForm = async (ctx: Context) => {
    const form = await readForm(ctx);
    if (!isFromOrigin(ctx, origin)) throw forgedRequest();
    return (name: string) => form.get(name) ?? '';
  };

  /** The person whose link it is. */
  const personOf = async (link: string): Promise<UserRecord | undefined> => {
    const userId = link && (await lostFactors.openLink(link));
    return userId ? users.find(userId) : undefined;
  };

  /** Counted as an attempt to sign in. Undefined: it is the password. */
  const wrongPassword = async (
    ctx: Context,
    user: UserRecord,
    typed: { username: string; password: string },
  ): Promise<{ error: Problem; retryAfterSeconds?: number } | undefined> => {
    const { address, requestId } = requestState(ctx);
    // Under another name nothing is checked, in the same time: guesses at it would be counted for this person.
    const isTheirs = [user.username, user.email ?? ''].some(
      (name) => normaliseName(name) === normaliseName(typed.username),
    );
    const result = await provePassword(services, user, {
      ...{ username: isTheirs ? typed.username : '', password: typed.password, ip: address.ip },
      from: { ip: ownAddress(address), requestId },
    });
    if (result === 'right') return undefined;
    return result === 'wrong' ? { error: 'wrong_password' } : { error: 'throttled', ...result };
  };

  return {
    async page(context) {
      show(context as Context, 200);
    },

    async prove(context) {
      const ctx = context as Context;
      const field = await readOwnForm(ctx);
      const link = field('link').trim().slice(0, longestSecret);
      const user = await personOf(link);
      if (!user) return show(ctx, 403, { error: 'invalid_link' });
      const username = field('username').slice(0, maxLength.username);
      const typed = { username, password: field('password') };
      const problem = await wrongPassword(ctx, user, typed);
      if (problem) {
        const status = problem.error === 'throttled' ? 429 : 401;
        return show(ctx, status, { ...problem, link, username });
      }
      showApp(ctx, { user, link, sealed: authentication.totps.begin(user.id) });
    },

    async finish(context) {
      const ctx = context as Context;
      const field = await readOwnForm(ctx);
      const link = field('link').slice(0, longestSecret);
      const user = await personOf(link);
      const sealed = user && proven.open(link, field('proof'), user);
      if (!user || !sealed) return show(ctx, 403, { error: 'invalid_link' });
      const { address, requestId } = requestState(ctx);
      const by = { actor: `user:${user.id}`, ip: ownAddress(address), requestId };
      const totp = { sealed, code: field('code') };
      const outcome = await lostFactors.useLink(link, { id: user.id, by }, totp);
      if (outcome === 'wrong') return showApp(ctx, { user, link, sealed }, true);
      if (outcome === 'gone') return show(ctx, 403, { error: 'invalid_link' });
      const locale = renderer.locale(ctx);
      const { device } = deviceNamed(ctx.get('user-agent'), pageTexts[locale].account);
      const notice = { person: user, at: clock.now(), locale, ip: address.ip, device };
      await tell({ done: { act: 'authenticator_replaced' }, ...notice });
      ctx.status = 200;
      keepFormsHere(ctx);
      const accountPath = `${basePath}/account`;
      renderer.render(ctx, 'account/setup_done', { codes: outcome.codes, accountPath });
    },
  };
}
