/**
 * Kinds of apps: what a person calls what they build, and the metadata that fits it. Each has only what it needs; more is
 * added when it is edited.
 */
import { tokenExchange } from '../../definitions/oauth.ts';

export type ClientKind = {
  id: string;
  label: string;
  hint: string;
  /** Members beside those of the form. */
  metadata: Record<string, unknown>;
  /** Whether people sign in with it: it has redirect URIs. */
  signsPeopleIn: boolean;
  /** Whether it calls APIs. */
  callsApis: boolean;
  /** What its first redirect URI may look like. */
  redirectExample?: string;
};

const person = { grant_types: ['authorization_code', 'refresh_token'] };
const scope = 'openid profile email offline_access';

export const clientKinds: readonly ClientKind[] = [
  {
    ...{ id: 'web', label: 'Web app', signsPeopleIn: true, callsApis: true },
    hint: 'Runs on a server and signs people in: Express, Django, Spring, Next.js. Keeps a secret.',
    metadata: { ...person, application_type: 'web', scope },
    redirectExample: 'https://app.example.com/callback',
  },
  {
    ...{ id: 'spa', label: 'Single-page app', signsPeopleIn: true, callsApis: true },
    hint: 'Runs in the browser alone: React, Vue, Angular. Has no secret; PKCE protects it.',
    metadata: { ...person, application_type: 'web', token_endpoint_auth_method: 'none', scope },
    redirectExample: 'https://app.example.com/',
  },
  {
    ...{ id: 'native', label: 'Native app', signsPeopleIn: true, callsApis: true },
    hint: 'A mobile or desktop app, or a command line. Has no secret; PKCE protects it.',
    metadata: { ...person, application_type: 'native', token_endpoint_auth_method: 'none', scope },
    redirectExample: 'com.example.app:/callback or http://127.0.0.1/callback',
  },
  {
    ...{ id: 'service', label: 'Service', signsPeopleIn: false, callsApis: true },
    hint: 'A job, a backend, a script: gets tokens for itself, without a person.',
    metadata: { grant_types: ['client_credentials'] },
  },
  {
    ...{ id: 'resource_server', label: 'Resource server', signsPeopleIn: false, callsApis: false },
    hint: 'An API that checks tokens and keys here. Gets none itself.',
    metadata: { grant_types: [] },
  },
  {
    ...{ id: 'agent', label: 'Agent', signsPeopleIn: false, callsApis: true },
    hint: 'Acts for people with less than they may do themselves: exchanges their tokens for its own.',
    metadata: { grant_types: ['client_credentials', tokenExchange] },
  },
];

export function kindById(id: string | null): ClientKind | undefined {
  return clientKinds.find((kind) => kind.id === id);
}

/** Of what kind a client is, by what it has. */
export function kindOf(client: Record<string, unknown>): ClientKind | undefined {
  const grants = (client.grant_types as string[] | undefined) ?? [];
  const id = () => {
    if (grants.includes('authorization_code')) {
      if (client.application_type === 'native') return 'native';
      return client.token_endpoint_auth_method === 'none' ? 'spa' : 'web';
    }
    if (grants.includes(tokenExchange)) return 'agent';
    if (grants.includes('client_credentials')) return 'service';
    return grants.length === 0 ? 'resource_server' : null;
  };
  return kindById(id());
}
