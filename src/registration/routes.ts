/**
 * The pages of a registration: the address, the code of the mail, name and password.
 */
import type { Context, Middleware } from 'koa';
import { signUpLinkPath } from '../definitions/built_in.ts';
import { proofOfWork } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import { requestState } from '../http/request_state.ts';
import { createCodeRoutes, longest, type ProofPages } from '../mail_proofs/room.ts';
import type { PageData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { passwordProblemOf } from '../pages/password_problems.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';
import type { RegistrationStep } from '../telemetry/metrics.ts';
import type { ProofOfWork } from './proof_of_work.ts';
import type { Registration } from './registration.ts';

export type RegistrationRoutes = {
  /** Undefined where only invitations lead to an account. */
  byAddress: Record<'page' | 'ask' | 'codePage' | 'redeem', Middleware> | undefined;
  accountPage: Middleware;
  finish: Middleware;
};

type Budget = Pick<NetworkBudget, 'take'>;
type AskProblem = Pick<PageData['sign_up'], 'email' | 'error' | 'domains' | 'retryAfterSeconds'>;
type AccountProblem = Pick<PageData['sign_up_account'], 'name' | 'error'>;

/** More domains than these are not named to whoever has none of them. */
const mostNamed = 20;

const namedOf = (domains: readonly string[]) =>
  domains.length > mostNamed ? [...domains.slice(0, mostNamed), '…'] : domains;

export function createRegistrationRoutes({
  registration,
  work,
  pages,
  budgets,
  renderer,
  basePath,
  homePath,
  recoveryPath,
  signInPath,
  domains,
  isOpen,
  count,
}: {
  registration: Registration;
  work: ProofOfWork;
  pages: ProofPages;
  /** How often one network may ask, and how often of that without a proof of work. */
  budgets: { all: Budget; unsolved: Budget };
  renderer: Pick<PageRenderer, 'locale'>;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  /** Where whoever came without an app goes on. */
  homePath: string;
  recoveryPath: string;
  /** Of the account pages, where there are any. */
  signInPath: string | undefined;
  /** Whose addresses register; none: all. */
  domains: readonly string[];
  /** Whether anybody may ask. */
  isOpen: boolean;
  count: (step: RegistrationStep) => void;
}): RegistrationRoutes {
  const path = `${basePath}/sign-up`;
  const paths = { ask: path, code: `${path}/code`, link: `${basePath}${signUpLinkPath}` };
  const code = createCodeRoutes({
    ...{ pages, paths, page: 'sign_up_code', refusal: 'sign_up_code' },
    redeem: registration.redeem,
  });
  const { puzzles, bits } = proofOfWork;

  const showAsk = (ctx: Context, restart: string, problem: AskProblem = {}) =>
    pages.show(ctx, 'sign_up', {
      ...{ action: paths.ask, hidden: { restart, challenge: work.challenge() } },
      ...{ task: { puzzles, bits }, ...problem },
      signInPath: restart ? `${basePath}/authorize?${new URLSearchParams({ restart })}` : homePath,
    });

  const showGone = (ctx: Context) => {
    ctx.status = 410;
    pages.show(ctx, 'sign_up_gone', { signInPath, ...(isOpen && { againPath: paths.ask }) });
  };

  const showAccount = async (ctx: Context, token: string, problem: AccountProblem = {}) => {
    const standing = await registration.open(token, pages.request(ctx));
    if (!standing) return showGone(ctx);
    const { address: email, passwordMin } = standing;
    pages.show(ctx, 'sign_up_account', {
      ...{ action: paths.link, hidden: { token }, email, passwordMin, ...problem },
    });
  };

  const byAddress: RegistrationRoutes['byAddress'] = {
    codePage: code.show,
    redeem: code.submit,

    async page(context) {
      const ctx = context as Context;
      showAsk(ctx, pages.asked(ctx, 'restart'));
    },

    async ask(context) {
      const ctx = context as Context;
      const field = await pages.form(ctx);
      const restart = field('restart', longest.restart);
      const email = field('email', longest.name).trim();
      const refuse = (status: number, error: NonNullable<AskProblem['error']>, more = {}) => {
        requestState(ctx).refusal = async () => ({ error: `sign_up_${error}` });
        ctx.status = status;
        const named = error === 'domain' ? { domains: namedOf(domains) } : {};
        showAsk(ctx, restart, { email, error, ...named, ...more });
      };
      const wanted = registration.addressFor(email);
      if (typeof wanted === 'string') return refuse(400, wanted);
      const isSolved = work.isSolved({
        ...{ challenge: field('challenge', longest.token), text: email },
        solution: field('solution', longest.solution),
      });
      for (const [error, budget] of [
        ...(isSolved ? [] : [['unsolved', budgets.unsolved] as const]),
        ['throttled', budgets.all] as const,
      ]) {
        const retryAfterSeconds = await pages.wait(ctx, budget);
        if (retryAfterSeconds === undefined) continue;
        count('refused');
        return refuse(429, error, { retryAfterSeconds });
      }
      const { ip } = requestState(ctx).address;
      const request = pages.begin(ctx, wanted.address);
      const asked = { ...wanted, request, restart, locale: renderer.locale(ctx), ip };
      ctx.res.once('close', await registration.begin(asked));
      count(isSolved ? 'asked' : 'unsolved');
      pages.go(ctx, paths.code, { restart });
    },
  };

  return {
    byAddress: isOpen ? byAddress : undefined,

    async accountPage(context) {
      const ctx = context as Context;
      await showAccount(ctx, pages.asked(ctx, 'token'));
    },

    async finish(context) {
      const ctx = context as Context;
      const field = await pages.form(ctx);
      const token = field('token', longest.token);
      const standing = await registration.open(token, pages.request(ctx));
      if (!standing) return showGone(ctx);
      const name = field('name', longest.name).trim();
      const chosen = { name, password: field('password', 2000), locale: renderer.locale(ctx) };
      const { requestId, address } = requestState(ctx);
      try {
        const outcome = await registration.finish(token, chosen, { ip: address.ip, requestId });
        if (outcome.result === 'gone') return showGone(ctx);
        if (outcome.result === 'done') count('finished');
        const { address: email } = standing;
        pages.show(ctx, 'sign_up_done', {
          ...{ email, isThere: outcome.result === 'exists', recoveryPath },
          nextPath: pages.next(standing, email),
          isElsewhere: standing.restart !== undefined && !standing.isSameBrowser,
        });
      } catch (error) {
        const isName = error instanceof CardeaError && error.code === 'invalid_name';
        const problem = isName ? 'name' : passwordProblemOf(error);
        if (!problem) throw error;
        requestState(ctx).refusal = async () => ({ error: `sign_up_${problem}` });
        ctx.status = 400;
        await showAccount(ctx, token, { name, error: problem });
      }
    },
  };
}
