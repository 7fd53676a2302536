/**
 * Fields of the forms of APIs.
 */
import { durationText } from '../../definitions/durations.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { type Field, type Offer, withOffers } from '../parts/fields.ts';

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'texts', required: true },
  hint: 'As consent shows it to people.',
};

const identifier: Field = {
  ...{ name: 'identifier', label: 'Identifier', as: 'text', required: true, code: true },
  placeholder: 'https://orders.example',
  hint: 'A URI, best the address of the API: the audience of its tokens, and what clients ask for as resource. It cannot be changed later.',
};

const scopes: Field = {
  ...{ name: 'scopes', label: 'Scopes', as: 'scopes' },
  hint: 'What can be done at the API, each with what consent says of it. Leave a scope empty to take it away.',
};

const format: Field = {
  ...{ name: 'access_token_format', label: 'Access tokens', as: 'choice' },
  options: [
    {
      ...{ value: 'jwt', label: 'JWT' },
      hint: 'The API verifies them itself, offline, and still refuses a revoked one within seconds.',
    },
    {
      ...{ value: 'opaque', label: 'Opaque' },
      hint: 'The API asks this server about each. Clients learn nothing from them.',
    },
  ],
};

const lifetime: Field = {
  ...{ name: 'access_token_lifetime', label: 'Lifetime of access tokens', as: 'text', code: true },
  hint: 'Such as 5m, 10m or 1h; at most 30d.',
};

const client: Field = {
  ...{ name: 'client_id', label: 'Its client', as: 'text', code: true, isFurther: true },
  hint: 'The ID of the client that is this API: it may introspect tokens and verify API keys. The page of the API can create one.',
};

const aliases: Field = {
  ...{ name: 'aliases', label: 'Aliases', as: 'lines', whenEmpty: [], isFurther: true },
  placeholder: 'https://orders.example/v1',
  hint: 'What clients may also ask for as resource, one in each line. With or without the last slash the identifier is known anyway.',
};

const claims: Field = {
  ...{ name: 'claims', label: 'Claims of people', as: 'lines', whenEmpty: [], isFurther: true },
  placeholder: 'groups',
  hint: 'What its JWT access tokens say of people, such as groups and roles, one in each line. Apps that hold the tokens can read it.',
};

const project: Field = {
  ...{ name: 'project', label: 'Project', as: 'text', code: true, isFurther: true },
  hint: 'The ID of a project whose deployers may change this API.',
};

/** Of the form only: all, or those of the field below. */
const userKeys: Field = {
  ...{ name: 'user_keys', label: 'API keys of users', as: 'choice', isFurther: true },
  options: [
    { value: 'all', label: 'May have all scopes' },
    { value: 'some', label: 'May have these scopes at most' },
  ],
};

const userKeyScopes: Field = {
  ...{ name: 'user_key_scopes', label: 'Scopes for them', as: 'lines', isFurther: true },
  hint: 'One in each line. None: keys of users can do nothing here.',
};

const tokens = [format, lifetime];

/** What is chosen unless somebody chooses otherwise. */
export const startingWith = {
  ...{ access_token_format: 'jwt', access_token_lifetime: durationText(lifetimes.accessToken) },
  user_keys: 'all',
};

export function fieldsToCreate(projects: readonly Offer[]): readonly Field[] {
  return [
    ...[name, identifier, scopes, ...tokens, client, aliases, claims],
    ...further(projects, []),
  ];
}

/** `scopes`: those that it has. */
export function fieldsToEdit(projects: readonly Offer[], own: readonly string[]): readonly Field[] {
  const offers = own.map((value) => ({ value }));
  return [name, scopes, ...tokens, client, aliases, claims, ...further(projects, offers)];
}

function further(projects: readonly Offer[], own: readonly Offer[]): readonly Field[] {
  return [withOffers(project, projects), userKeys, withOffers(userKeyScopes, own)];
}

/** The body of a form: `user_keys` decides on the member, which an API that says nothing about them lacks. */
export function withUserKeys(
  { user_keys: which, user_key_scopes: some, ...members }: Record<string, unknown>,
  { isPatch }: { isPatch: boolean },
): Record<string, unknown> {
  if (which === 'some') return { ...members, user_key_scopes: some ?? [] };
  return isPatch ? { ...members, user_key_scopes: null } : members;
}
