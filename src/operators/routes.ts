/**
 * The page of the first owner. It is there for whoever has a link (first_owner.ts), and tells everybody else only
 * whether there is an owner. To open it changes nothing: mail and chat programs open links, too. The link's secret
 * comes in a form, never in a path or query, which are logged; it is also what proves that the form is no forgery.
 */
import type { Context, Middleware } from 'koa';
import { maxLength, passwordLength } from '../definitions/lengths.ts';

import { CardeaError } from '../errors.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import { forgedRequest, isFromOrigin } from '../http/same_origin.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import type { FirstOwnerData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { passwordProblemOf } from '../pages/password_problems.ts';
import type { FirstOwner } from './first_owner.ts';

export type FirstOwnerRoutes = { page: Middleware; submit: Middleware };

/** What the page says, by the code of the error. */
const problems: Readonly<Record<string, FirstOwnerData['error']>> = {
  invalid_link: 'invalid_link',
  has_owner: 'invalid_link',
  invalid_name: 'username',
  already_exists: 'taken',
};

export function createFirstOwnerRoutes({
  firstOwner,
  renderer,
  issuer,
  basePath,
}: {
  firstOwner: () => Promise<FirstOwner>;
  renderer: PageRenderer;
  issuer: string;
  basePath: string;
}): FirstOwnerRoutes {
  const { origin } = new URL(issuer);
  const path = `${basePath}/first-owner`;
  const consoleUrl = `${issuer.replace(/\/$/, '')}/console`;

  const show = (ctx: Context, typed: Pick<FirstOwnerData, 'error' | 'link' | 'username'> = {}) => {
    keepFormsHere(ctx);
    const form = { action: path, hidden: {}, passwordMin: passwordLength.alone };
    renderer.render(ctx, 'first_owner', { ...form, ...typed });
  };

  return {
    async page(context) {
      const ctx = context as Context;
      const state = await (await firstOwner()).state();
      if (state === 'closed') throw notFound();
      ctx.status = 200;
      if (state === 'open') show(ctx);
      else renderer.render(ctx, 'first_owner_done', { consoleUrl });
    },

    async submit(context) {
      const ctx = context as Context;
      const form = await readForm(ctx);
      if (!isFromOrigin(ctx, origin)) throw forgedRequest();
      const [link, username, password] = ['link', 'username', 'password'].map(
        (name) => form.get(name) ?? '',
      ) as [string, string, string];
      const { requestId, address } = requestState(ctx);
      const by = { actor: 'first_owner', ip: address.ip, requestId };
      try {
        await (await firstOwner()).claim(link.trim(), { username, password }, by);
      } catch (error) {
        if (!(error instanceof CardeaError)) throw error;
        const problem = problems[error.code] ?? passwordProblemOf(error);
        if (!problem) throw error;
        requestState(ctx).refusal = async () => ({ error: error.code });
        ctx.status = error.status;
        const typed = { link: link.slice(0, 100), username: username.slice(0, maxLength.username) };
        return show(ctx, { ...typed, error: problem });
      }
      ctx.status = 303;
      ctx.redirect(path);
    },
  };
}

function notFound(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'There is nothing at this address.',
  });
}
