/** An app's request, its sign-in page, and where the page of an expired sign-in leads on. */

import type { Page, UserAgent } from '../../../harness/user_agent.ts';
import { hour } from '../../../src/definitions/units.ts';
import { randomId, sha256 } from '../../../src/digests.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { postForm } from '../../support/flows.ts';
import { elementsOf } from '../../support/html.ts';
import { callbackUri } from '../../support/relying_party.ts';
import type { TestServer } from '../../support/server.ts';

/** Of the servers of these tests. */
export const clock = createShiftedClock();

/** Does this when whatever was under way before has expired. What begins then expires by the library's own clock. */
export async function muchLater<T>(work: () => Promise<T>): Promise<T> {
  clock.forward(2 * hour * 1000);
  try {
    return await work();
  } finally {
    clock.forward(-2 * hour * 1000);
  }
}

export type AppRequest = {
  parameters: Record<string, string>;
  redeem(callback: URL): ReturnType<typeof postForm>;
};

export function requestOf(clientId: string, more: Record<string, string> = {}): AppRequest {
  const verifier = randomId(32);
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: callbackUri,
    state: `state ${randomId()}`,
    code_challenge: sha256(verifier),
    code_challenge_method: 'S256',
    ...more,
  };
  return {
    parameters,
    redeem: (callback) =>
      postForm(`${callback.searchParams.get('iss')}/token`, {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: callbackUri,
        code: callback.searchParams.get('code') ?? '',
        code_verifier: verifier,
      }),
  };
}

export const authorizationUrl = ({ issuer }: TestServer, parameters: Record<string, string>) =>
  `${issuer}/authorize?${new URLSearchParams(parameters)}`;

export const openRequest = (server: TestServer, agent: UserAgent, { parameters }: AppRequest) =>
  agent.open(authorizationUrl(server, parameters), { stopAt: callbackUri });

/** The links of a page that look like buttons, by their words. */
export function linksOf({ html }: Page): Record<string, string> {
  const links = elementsOf(html).filter(
    ({ tag, attributes }) => tag === 'a' && /\bbutton\b/.test(attributes.class ?? ''),
  );
  return Object.fromEntries(links.map(({ text, attributes }) => [text, attributes.href ?? '']));
}

/** Where a page keeps its request. */
export const restartOf = ({ url }: Pick<Page, 'url'>) =>
  new URL(url).searchParams.get('restart') ?? '';
