/**
 * Fields of the forms of clients.
 */
import { grantTypes, tokenExchange } from '../../definitions/oauth.ts';
import {
  apiOffers,
  type OfferedApi,
  personScopeOffers,
  scopeOffers,
} from '../apis/offered_apis.ts';
import type { Field } from '../parts/fields.ts';
import type { ClientKind } from './kinds.ts';

const name: Field = {
  ...{ name: 'client_name', label: 'Name', as: 'text', required: true },
  hint: 'As people see it, and the audit log.',
};

const id: Field = {
  ...{ name: 'client_id', label: 'Client ID', as: 'text', code: true },
  hint: 'How the app names itself here. Leave it empty to get a random one.',
};

const redirects = (placeholder?: string): Field => ({
  ...{ name: 'redirect_uris', label: 'Redirect URIs', as: 'lines' },
  hint: 'Where people are sent back to after signing in, one in each line. Compared exactly.',
  ...(placeholder && { placeholder }),
});

const signOutRedirects: Field = {
  ...{ name: 'post_logout_redirect_uris', label: 'Redirect URIs after sign-out', as: 'lines' },
  hint: 'Where a sign-out may lead back to, one in each line. Optional.',
};

const apis: Field = {
  ...{ name: 'apis', label: 'APIs', as: 'lines', placeholder: 'https://orders.example' },
  hint: 'What it may ask tokens for.',
};

const scope: Field = {
  ...{ name: 'scope', label: 'Scopes', as: 'words', placeholder: 'orders:read' },
  hint: 'All that it may ask for: of APIs, and about people, such as openid and email.',
};

/** Both with what there is to choose from. `isForPeople`: whether people sign in with it. */
function callingFields(
  offered: readonly OfferedApi[],
  { isForPeople }: { isForPeople: boolean },
): readonly Field[] {
  if (offered.length === 0) return [apis, scope];
  const offers = [...(isForPeople ? personScopeOffers : []), ...scopeOffers(offered)];
  return [
    { ...apis, offers: apiOffers(offered) },
    { ...scope, offers, offersFor: 'apis' },
  ];
}

const consent: Field = {
  ...{ name: 'consent', label: 'Consent', as: 'choice' },
  options: [
    { value: 'ask', label: 'Ask people', hint: 'They see what the app may do, and agree or not.' },
    { value: 'skip', label: 'Do not ask', hint: 'For apps of your own only.' },
  ],
};

const authentication: Field = {
  ...{ name: 'token_endpoint_auth_method', label: 'Authentication', as: 'choice' },
  options: [
    { value: 'client_secret_basic', label: 'Secret, by HTTP Basic' },
    { value: 'client_secret_post', label: 'Secret, in the form' },
    { value: 'private_key_jwt', label: 'Signed assertion', hint: 'With a key of its own.' },
    { value: 'none', label: 'None', hint: 'For apps that cannot keep a secret.' },
  ],
};

const grantNames: Record<string, string> = {
  authorization_code: 'Authorization code: people sign in',
  refresh_token: 'Refresh token: stays signed in',
  client_credentials: 'Client credentials: tokens for itself',
  [tokenExchange]: 'Token exchange: acts for people, or with API keys',
  'urn:ietf:params:oauth:grant-type:device_code': 'Device code: devices without a browser',
};

const grants: Field = {
  ...{ name: 'grant_types', label: 'Grants', as: 'checks' },
  options: grantTypes.map((value) => ({ value, label: grantNames[value] ?? value })),
};

const address = (name: string, label: string, hint: string): Field => ({
  ...{ name, label, hint, as: 'text', code: true },
});

const links: readonly Field[] = [
  address('client_uri', 'Home page', 'Pages that have expired link to it.'),
  address('policy_uri', 'Privacy policy', 'Consent links to it.'),
  address('tos_uri', 'Terms of service', 'Consent links to them.'),
  address('backchannel_logout_uri', 'Back-channel logout URI', 'Told when a session ends.'),
];

const contacts: Field = {
  ...{ name: 'contacts', label: 'Contacts', as: 'lines' },
  hint: 'Who is responsible for it, one in each line.',
};

export function fieldsToCreate(kind: ClientKind, offered: readonly OfferedApi[]): readonly Field[] {
  const { signsPeopleIn: isForPeople, callsApis } = kind;
  return [
    ...[name, id],
    ...(isForPeople ? [redirects(kind.redirectExample), signOutRedirects] : []),
    ...(callsApis ? callingFields(offered, { isForPeople }) : []),
    ...(isForPeople ? [consent] : []),
  ];
}

export function fieldsToEdit(offered: readonly OfferedApi[]): readonly Field[] {
  return [
    ...[name, redirects(), signOutRedirects],
    ...callingFields(offered, { isForPeople: true }),
    ...[grants, authentication, consent, ...links, contacts],
  ];
}

/** What a client has that was stored without a word of it. */
export const storedDefaults = {
  grant_types: ['authorization_code'],
  token_endpoint_auth_method: 'client_secret_basic',
  consent: 'ask',
};
