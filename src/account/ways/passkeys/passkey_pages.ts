/**
 * One passkey: its name, when it was used, and its removal. The last way in stays.
 */
import { CardeaError } from '../../../errors.ts';
import { fill } from '../../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../../page.ts';
import { mustHaveSecondFactor } from '../authenticator_apps/own_apps.ts';
import { nameOfPasskey, ownPasskey, passkeysPath } from './own_passkeys.ts';

const one = `${passkeysPath}/:passkey_id` as const;
const section = 'ways';
const longestName = 100;

const pathOf = (id: string) => `${passkeysPath}/${encodeURIComponent(id)}`;

function show(request: AccountRequest): AccountAnswer {
  const { t, times, link } = request;
  const passkey = ownPasskey(request);
  const { id, name, createdAt, lastUsedAt, isSynced } = passkey;
  return {
    page: 'account/passkey',
    data: {
      ...{ title: nameOfPasskey(passkey, t), isSynced },
      added: times.day(createdAt),
      lastUsed: lastUsedAt === undefined ? undefined : times.ago(lastUsedAt),
      name: { name: 'name', label: t.passkey.name, value: name },
      renameAction: link(`${pathOf(id)}/rename`),
      removeAction: link(`${pathOf(id)}/remove`),
      listPath: link('/ways'),
    },
  };
}

/** Why it cannot be removed. Throws what is none of these. */
function whyKept(error: unknown, { t, brand }: AccountRequest): string {
  const code = error instanceof CardeaError ? error.code : undefined;
  if (code === 'last_way_in') return t.passkey.last;
  if (code === 'second_factor_required') return fill(t.passkey.required, { issuer: brand });
  throw error;
}

export const passkeyPages: readonly AccountPage[] = [
  {
    ...{ path: one, section, method: 'GET', name: 'ways.passkey' },
    handle: async (request) => show(request),
  },
  {
    ...{ path: `${one}/rename`, section, method: 'POST', name: 'ways.passkey.rename' },
    formPath: ({ passkey_id: id = '' }) => pathOf(id),
    async handle(request) {
      const { person, services, form, by, t } = request;
      const { id } = ownPasskey(request);
      const name = (form.get('name') ?? '').trim().slice(0, longestName);
      if (!(await services.passkeys.rename(person.id, { id, name, by }))) throw notThere();
      return { to: '/ways', flash: { tone: 'good', text: t.passkey.renamed } };
    },
  },
  {
    ...{ path: `${one}/remove`, section, method: 'POST', name: 'ways.passkey.remove' },
    needsFreshSignIn: true,
    formPath: ({ passkey_id: id = '' }) => pathOf(id),
    async handle(request) {
      const { person, services, by, t, tell } = request;
      const passkey = ownPasskey(request);
      const { secondFactors } = services.authentication;
      try {
        const removal = {
          ...{ id: passkey.id, isRequired: mustHaveSecondFactor(request) },
          owner: person,
        };
        if (!(await secondFactors.removePasskey({ id: person.id, by }, removal))) throw notThere();
      } catch (error) {
        return { to: '/ways', flash: { tone: 'warning', text: whyKept(error, request) } };
      }
      await tell({ act: 'passkey_removed' });
      const text = fill(t.passkey.removed, { name: nameOfPasskey(passkey, t) });
      return { to: '/ways', flash: { tone: 'good', text } };
    },
  },
];
