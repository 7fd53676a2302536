/**
 * Fields of the forms of API keys.
 */
import { keyEnvironments, rotationOverlap } from '../../definitions/api_keys.ts';
import { durationText } from '../../definitions/durations.ts';
import { day } from '../../definitions/units.ts';
import type { Field } from '../parts/fields.ts';

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'text', required: true },
  hint: 'What uses the key: it stands in lists and in the audit log.',
};

const api: Field = {
  ...{ name: 'api', label: 'API', as: 'text', required: true, code: true },
  ...{ placeholder: 'https://orders.example', hint: 'The identifier of the API that accepts it.' },
};

const scopes: Field = {
  ...{ name: 'scopes', label: 'Scopes', as: 'lines', placeholder: 'orders:read', whenEmpty: [] },
  hint: 'What it may do, one in each line. No more than its project and the API allow.',
};

const project: Field = {
  ...{ name: 'project_id', label: 'Project ID', as: 'text', code: true },
  hint: 'Of a key that a team, a customer or a system owns. The page of the project has its id.',
};

const user: Field = {
  ...{ name: 'user_id', label: 'User', as: 'text', code: true },
  hint: 'Of a key that a person owns, instead of a project: the subject of the user.',
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

const tier: Field = {
  ...{ name: 'tier', label: 'Tier', as: 'text', code: true },
  hint: 'Its limits. Leave it empty for that of the project, or the default.',
};

const networks: Field = {
  ...{ name: 'allow_ips', label: 'Networks', as: 'lines', placeholder: '192.0.2.0/24' },
  ...{ whenEmpty: [], hint: 'Where it may be used from, one in each line. Empty: from anywhere.' },
};

const expiresAt: Field = {
  ...{ name: 'expires_at', label: 'Expires', as: 'text', placeholder: '2031-05-04T10:20:30Z' },
  hint: 'An instant with its offset. Empty: never, where this server allows that.',
};

export const fieldsToCreate: readonly Field[] = [
  ...[name, api, scopes, project, user, environment, expiry, tier, networks],
];

export const fieldsToEdit: readonly Field[] = [name, scopes, tier, networks, expiresAt];

export const overlap: Field = {
  ...{ name: 'overlap', label: 'Overlap in seconds', as: 'number' },
  hint: `How long the old key stays valid; ${rotationOverlap.default} is ${durationText(rotationOverlap.default)}. 0 ends it now: for a key that leaked.`,
};
