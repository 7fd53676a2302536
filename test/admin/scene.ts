/**
 * Who calls the admin API in its tests.
 */
import { adminScopeNames } from '../../src/definitions/admin_scopes.ts';
import { basic, postForm } from '../support/flows.ts';

export const secret = 'a-secret-of-an-operator-0123456789abcdef';

/** A service with every scope of the admin API, and one that may only read clients. */
export const declaration = {
  clients: [
    {
      client_id: 'deployment',
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: adminScopeNames.join(' '),
      apis: ['urn:cardea:admin'],
    },
    {
      client_id: 'dashboard',
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: 'clients:read',
      apis: ['urn:cardea:admin'],
    },
  ],
};

export type AdminAnswer = {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  text: string;
};

export type AdminClient = (
  method: string,
  path: string,
  options?: { body?: unknown; headers?: Record<string, string> },
) => Promise<AdminAnswer>;

/** Calls the admin API as this service. */
export async function adminClient(issuer: string, clientId = 'deployment'): Promise<AdminClient> {
  return callerOf(issuer, await operatorToken(issuer, clientId));
}

/** An access token of this service for the admin API. */
export async function operatorToken(issuer: string, clientId = 'deployment'): Promise<string> {
  const { body } = await postForm(
    `${issuer}/token`,
    { grant_type: 'client_credentials' },
    { authorization: basic(clientId, secret) },
  );
  return String(body.access_token);
}

/** Calls the admin API with this credential. */
export function callerOf(issuer: string, credential: string): AdminClient {
  return async (method, path, { body, headers = {} } = {}) => {
    const response = await fetch(`${issuer}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text ? JSON.parse(text) : {},
      text,
    };
  };
}
