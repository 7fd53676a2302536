/**
 * One authenticator app: when it was used, another one in its place, and its removal.
 */
import { CardeaError } from '../../../errors.ts';
import { fill } from '../../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../../page.ts';
import {
  appsPath,
  isLastSecondFactor,
  mustHaveSecondFactor,
  nameOfApp,
  ownApp,
} from './own_apps.ts';

const one = `${appsPath}/:app_id` as const;
const section = 'ways';

const pathOf = (id: string) => `${appsPath}/${encodeURIComponent(id)}`;

/** What its removal does beside. */
function consequence(isLast: boolean, isRequired: boolean, { t, brand }: AccountRequest): string {
  if (!isLast) return t.authenticator_app.remove_text;
  return isRequired
    ? fill(t.authenticator_app.required, { issuer: brand })
    : t.authenticator_app.remove_last;
}

function show(request: AccountRequest): AccountAnswer {
  const { t, times, link, params } = request;
  const app = ownApp(params.app_id, request);
  const isLast = isLastSecondFactor(app, request);
  const isRequired = mustHaveSecondFactor(request);
  const { id, createdAt, lastUsedAt } = app;
  return {
    page: 'account/authenticator_app',
    data: {
      name: nameOfApp(app, t),
      added: times.day(createdAt),
      lastUsed: lastUsedAt === undefined ? undefined : times.ago(lastUsedAt),
      replacePath: link(`${appsPath}/new?${new URLSearchParams({ replaces: id })}`),
      removeText: consequence(isLast, isRequired, request),
      removeAction: isLast && isRequired ? undefined : link(`${pathOf(id)}/remove`),
      listPath: link('/ways'),
    },
  };
}

export const appDetailPages: readonly AccountPage[] = [
  {
    ...{ path: one, section, method: 'GET', name: 'ways.authenticator_app' },
    handle: async (request) => show(request),
  },
  {
    ...{ path: `${one}/remove`, section, method: 'POST', name: 'ways.authenticator_app.remove' },
    needsFreshSignIn: true,
    formPath: ({ app_id: id = '' }) => pathOf(id),
    async handle(request) {
      const { person, services, by, t, tell, brand } = request;
      const app = ownApp(request.params.app_id, request);
      const { secondFactors } = services.authentication;
      const isRequired = mustHaveSecondFactor(request);
      try {
        const removal = { id: app.id, isRequired };
        if (!(await secondFactors.removeApp({ id: person.id, by }, removal))) throw notThere();
      } catch (error) {
        if (!(error instanceof CardeaError) || error.code !== 'second_factor_required') throw error;
        const text = fill(t.authenticator_app.required, { issuer: brand });
        return { to: '/ways', flash: { tone: 'warning', text } };
      }
      await tell({ act: 'authenticator_removed' });
      const text = fill(t.authenticator_app.removed, { name: nameOfApp(app, t) });
      return { to: '/ways', flash: { tone: 'good', text } };
    },
  },
];
