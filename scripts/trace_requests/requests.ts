/**
 * The requests that are traced.
 */
import { randomBytes } from 'node:crypto';
import { type Answer, createRequester } from '../../harness/load.ts';
import { api } from '../bench/declaration.ts';
import { basicOf } from '../bench/load/request.ts';
import { createBrowser } from '../bench/requests/browser.ts';
import { authorizationUrl } from '../bench/requests/people.ts';
import type { RunningServer } from '../bench/servers/running_server.ts';

/** Sends one request, and whatever has to precede it. `headers` go on that one alone. Throws where it fails. */
export type Send = (headers: Record<string, string>) => Promise<void>;

const asJob = { authorization: basicOf('job') };
const asApi = { authorization: basicOf(api.client_id) };

/** By name. `apiKey`: a key that may read orders. */
export function requestsTo(
  { url, endpoints }: RunningServer,
  apiKey: string,
): { requests: Record<string, Send>; close: () => void } {
  const requester = createRequester(url, 1);
  const issue = async (headers: Record<string, string>) => {
    const answer = await requester.post(endpoints.token, 'grant_type=client_credentials', {
      ...asJob,
      ...headers,
    });
    return String(fieldOf(answer, 'access_token'));
  };
  let token: Promise<string> | undefined;

  return {
    requests: {
      'service token': async (headers) => {
        await issue(headers);
      },

      'introspection of a JWT': async (headers) => {
        token ??= issue({});
        const form = String(new URLSearchParams({ token: await token }));
        fieldOf(
          await requester.post(endpoints.introspection, form, { ...asApi, ...headers }),
          'active',
        );
      },

      'API key verification': async (headers) => {
        const question = JSON.stringify({ key: apiKey, scopes: ['orders:read'] });
        const json = { 'content-type': 'application/json' };
        const answer = await requester.post('/api-keys/verify', question, {
          ...{ ...asApi, ...json, ...headers },
        });
        fieldOf(answer, 'valid');
      },

      /** The form with the right password: what leads to it is not traced. */
      'sign-in': async (headers) => {
        const browser = createBrowser(requester);
        const verifier = randomBytes(32).toString('base64url');
        const { headers: begun } = await browser.get(
          authorizationUrl(endpoints.authorization, verifier, 'login'),
        );
        const page = await browser.get(new URL(String(begun.location), url).pathname);
        const { status, body } = await browser.signIn(page.body, headers);
        // A wrong password gets the page again, 200.
        if (status !== 303) throw new Error(`the sign-in failed: ${status} ${body}`);
      },
    },
    close: requester.close,
  };
}

/** Throws what the server said where the field is missing or false. */
function fieldOf({ status, body }: Answer, name: string): unknown {
  const value = status === 200 && JSON.parse(body)[name];
  if (!value) throw new Error(`answered ${status}: ${body}`);
  return value;
}
