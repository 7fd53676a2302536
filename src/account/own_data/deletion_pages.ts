/**
 * The deletion of the account, which its person confirms by typing their username.
 */
import { maxLength } from '../../definitions/lengths.ts';
import { normaliseName } from '../../definitions/names.ts';
import { CardeaError } from '../../errors.ts';
import { fill, lasting } from '../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../page.ts';
import { isManaged } from '../profile/saved_claims.ts';
import type { AccountServices } from '../services.ts';

const path = '/delete' as const;
const common = {
  path,
  section: 'data',
  needsFreshSignIn: true,
  isOffered: ({ policy }: Pick<AccountServices, 'policy'>) => policy.deletion.enabled,
} as const;

async function show(request: AccountRequest, error?: string): Promise<AccountAnswer> {
  const { person, services, form, isReturning, locale, link } = request;
  return {
    page: 'account/deletion',
    data: {
      ...{ action: link(path), cancelPath: link('/data'), username: person.username, isReturning },
      after: lasting(locale, services.policy.deletion.after),
      hasRole: await services.isOperator(person.id),
      typed: (form.get('confirmation') ?? '').slice(0, maxLength.username),
      error,
    },
    ...(error !== undefined && { status: 400 }),
  };
}

export const deletionPages: readonly AccountPage[] = [
  {
    ...{ ...common, method: 'GET', name: 'delete' },
    async handle(request) {
      if (isManaged(request)) throw notThere();
      return show(request);
    },
  },
  {
    ...{ ...common, method: 'POST', name: 'delete.confirm' },
    async handle(request) {
      const { person, services, by, form, t, times, now, link, tell } = request;
      if (isManaged(request)) throw notThere();
      const typed = normaliseName(form.get('confirmation') ?? '');
      if (typed !== normaliseName(person.username)) return show(request, t.deletion.mistyped);
      const deletesAt = now + services.policy.deletion.after * 1000;
      try {
        const { deletion } = await services.users.requestDeletion(person.id, deletesAt, by);
        const at = deletion?.at ?? deletesAt;
        await tell({ act: 'deletion_requested', deletesAt: at });
        return {
          page: 'account/deletion_requested',
          data: { date: times.day(at), signInPath: link('/') },
        };
      } catch (error) {
        if (!(error instanceof CardeaError) || error.code !== 'last_owner') throw error;
        return show(request, fill(t.deletion.last_owner, { issuer: request.brand }));
      }
    },
  },
];
