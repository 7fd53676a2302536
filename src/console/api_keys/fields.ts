/**
 * Fields of the forms of API keys.
 */
import { keyEnvironments, rotationOverlap } from '../../definitions/api_keys.ts';
import { durationText } from '../../definitions/durations.ts';
import { day } from '../../definitions/units.ts';
import { type OfferedApi, oneApi, scopeOffers } from '../apis/offered_apis.ts';
import { type Field, type Offer, withOffers } from '../parts/fields.ts';

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'text', required: true },
  hint: 'What uses the key: it stands in lists and in the audit log.',
};

const api: Field = {
  ...{ name: 'api', label: 'API', as: 'text', required: true, code: true },
  ...{ placeholder: 'https://orders.example', hint: 'The one that accepts it.' },
};

const scopes: Field = {
  ...{ name: 'scopes', label: 'Scopes', as: 'lines', placeholder: 'orders:read', whenEmpty: [] },
  hint: 'What it may do. No more than its project and the API allow.',
};

const project: Field = {
  ...{ name: 'project_id', label: 'Project ID', as: 'text', code: true },
  hint: 'Of a key that a team, a customer or a system owns. Leave it empty where a user owns the key.',
};

const user: Field = {
  ...{ name: 'user_id', label: 'User', as: 'text', code: true },
  hint: 'Of a key that a person owns, instead of a project: the subject on the page of the user, no username.',
};

const environmentHints: Record<(typeof keyEnvironments)[number], string> = {
  live: 'For production.',
  test: 'The key says so in its beginning, and the API is told.',
};

const environment: Field = {
  ...{ name: 'environment', label: 'Environment', as: 'choice' },
  options: keyEnvironments.map((value) => ({
    ...{ value, label: value === 'live' ? 'Live' : 'Test', hint: environmentHints[value] },
  })),
};

const lives = [7 * day, 30 * day, 90 * day, 365 * day];

const expiry: Field = {
  ...{ name: 'expires_in', label: 'Expires', as: 'choice', numeric: true },
  options: [
    { value: '', label: 'As this server is configured' },
    ...lives.map((life) => ({ value: String(life), label: `In ${life / day} days` })),
  ],
};

const networks: Field = {
  ...{ name: 'allow_ips', label: 'Networks', as: 'lines', placeholder: '192.0.2.0/24' },
  ...{ whenEmpty: [], hint: 'Where it may be used from, one in each line. Empty: from anywhere.' },
};

const expiresAt: Field = {
  ...{ name: 'expires_at', label: 'Expires', as: 'text', placeholder: '2031-05-04T10:20:30Z' },
  hint: 'An instant with its offset. Empty: never, where this server allows that.',
};

/** What there is to choose from. `api`: what the link that led here says. */
export type Offered = {
  apis: readonly OfferedApi[];
  projects: readonly Offer[];
  users: readonly Offer[];
  tier: readonly Field[];
  api?: string | undefined;
};

export function fieldsToCreate({
  apis,
  projects,
  users,
  tier,
  api: known,
}: Offered): readonly Field[] {
  return [
    ...[name, oneApi(api, apis, { known, none: 'Choose an API' })],
    withOffers({ ...scopes, offersFor: 'api' }, scopeOffers(apis)),
    ...[
      withOffers(project, projects),
      withOffers(user, users),
      environment,
      expiry,
      ...tier,
      networks,
    ],
  ];
}

/** Its API cannot change, so the scopes are those of that one. */
export function fieldsToEdit({
  ofApi,
  tier,
}: Pick<Offered, 'tier'> & { ofApi: OfferedApi | undefined }): readonly Field[] {
  const own = ofApi ? scopeOffers([ofApi]) : [];
  return [name, withOffers(scopes, own), ...tier, networks, expiresAt];
}

export const overlap: Field = {
  ...{ name: 'overlap', label: 'Overlap in seconds', as: 'number' },
  hint: `How long the old key stays valid; ${rotationOverlap.default} is ${durationText(rotationOverlap.default)}. 0 ends it now: for a key that leaked.`,
};
