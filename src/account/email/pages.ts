/**
 * A new mail address: typed, and confirmed by the link of the mail to it, or by its code here. Nothing on these pages tells
 * whether another account has the address.
 */
import { CardeaError } from '../../errors.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../page.ts';
import { isManaged } from '../profile/saved_claims.ts';
import type { ChangeOrigin, EmailChanges } from './email_changes.ts';

export const emailPath = '/profile/email';
const codePath = `${emailPath}/code` as const;
const withdrawPath = `${emailPath}/withdraw` as const;
const section = 'profile';
/** In the address of whoever wants another mail, or another address. */
const again = 'again';

export function mayChangeEmail(request: AccountRequest): boolean {
  return request.services.emailChanges !== undefined && !isManaged(request);
}

function changesFor(request: AccountRequest): EmailChanges {
  const { emailChanges } = request.services;
  if (!emailChanges || !mayChangeEmail(request)) throw notThere();
  return emailChanges;
}

function originOf({ now, device, ip, locale, by }: AccountRequest): ChangeOrigin {
  return { circumstances: { at: now, device, address: ip }, locale, by };
}

/** `problem`: about what was typed. */
function showForm(request: AccountRequest, problem?: string): AccountAnswer {
  const { form, t, link, isReturning } = request;
  return {
    page: 'account/email',
    data: {
      ...{ action: link(emailPath), cancelPath: link('/profile'), isReturning },
      email: {
        ...{ name: 'email', label: t.email.new, value: form.get('email') ?? '', error: problem },
      },
      error: problem && t.email_errors.problem,
    },
    ...(problem !== undefined && { status: 400 }),
  };
}

function showSent(
  request: AccountRequest,
  email: string,
  problem?: { text: string; status: number },
): AccountAnswer {
  const { link } = request;
  return {
    page: 'account/email_sent',
    data: {
      ...{ email, action: link(codePath), withdrawAction: link(withdrawPath) },
      ...{ againPath: link(`${emailPath}?${again}=yes`), profilePath: link('/profile') },
      error: problem?.text,
    },
    ...(problem && { status: problem.status }),
  };
}

export const emailPages: readonly AccountPage[] = [
  {
    ...{ path: emailPath, section, method: 'GET', name: 'email' },
    async handle(request) {
      const { person, query, isReturning, visit } = request;
      const asked = changesFor(request).pending(person);
      if (asked && !isReturning && !query.has(again)) return showSent(request, asked.email);
      // Whoever has the address of an account can get a new password for it.
      return visit.isFresh ? showForm(request) : { signInAgain: true };
    },
  },
  {
    ...{ path: emailPath, section, method: 'POST', name: 'email.ask', needsFreshSignIn: true },
    async handle(request) {
      const { person, form, visit, t } = request;
      const changes = changesFor(request);
      const email = (form.get('email') ?? '').trim();
      const errors = t.email_errors;
      if (email.toLowerCase() === person.email && person.emailVerified) {
        return showForm(request, errors.same);
      }
      const wanted = { email, request: visit.session.id };
      try {
        if (await changes.ask(person, wanted, originOf(request))) return { to: emailPath };
      } catch (error) {
        const code = error instanceof CardeaError ? error.code : undefined;
        if (code === 'too_many_email_changes') return showForm(request, errors.too_many);
        if (code !== 'invalid_name') throw error;
      }
      return showForm(request, errors.address);
    },
  },
  {
    ...{ path: codePath, section, method: 'POST', name: 'email.confirm', hasSecrets: true },
    formPath: () => emailPath,
    async handle(request) {
      const { person, form, visit, t } = request;
      const changes = changesFor(request);
      const asked = changes.pending(person);
      if (!asked) return { to: emailPath, flash: { tone: 'warning', text: t.email_errors.gone } };
      const code = form.get('code') ?? '';
      const changed = await changes.confirmByCode(visit.session.id, code, originOf(request));
      if (changed === 'wrong') {
        return showSent(request, asked.email, { text: t.email_errors.wrong_code, status: 400 });
      }
      if (changed === 'exhausted') {
        return showSent(request, asked.email, { text: t.email_errors.exhausted, status: 429 });
      }
      return { to: '/profile', flash: { tone: 'good', text: t.email.saved } };
    },
  },
  {
    ...{ path: withdrawPath, section, method: 'POST', name: 'email.withdraw' },
    formPath: () => emailPath,
    async handle(request) {
      const { person, services, by, t } = request;
      changesFor(request);
      await services.users.withdrawEmail(person.id, by);
      return { to: '/profile', flash: { tone: 'good', text: t.email.withdrawn } };
    },
  },
];
