/**
 * A person with an authenticator app: goes from an authorization request to the client, and sets the app up, or reads the
 * code from it, where a page asks.
 */
import assert from 'node:assert/strict';
import * as openid from 'openid-client';
import { HOTP, Secret } from 'otpauth';
import { answerPage, type Choices } from '../../../harness/sign_in.ts';
import { formsOf, type Page, type UserAgent } from '../../../harness/user_agent.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';

export type App = {
  /** As set up; undefined: not yet. */
  secret?: Secret;
  /** As the last set-up showed them. */
  recoveryCodes: string[];
  /** The pages that were answered, by the last part of where their form posts. */
  asked: string[];
  /** The code that was used last. */
  last?: string;
  /** Steps ahead of the clock, so that one test can use several codes. */
  ahead: number;
};

export const newApp = (): App => ({ recoveryCodes: [], asked: [], ahead: 0 });

/** An authorization request of a public client with PKCE, and how it redeems what comes back. */
export async function beginSignIn(
  issuer: string,
  clientId: string,
  parameters: Record<string, string> = {},
) {
  const { config } = await createRelyingParty({ issuer, clientId });
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const url = openid.buildAuthorizationUrl(config, {
    ...{ scope: 'openid', redirect_uri: callbackUri, code_challenge_method: 'S256' },
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    ...parameters,
  });
  const redeem = (page: Page) =>
    openid.authorizationCodeGrant(config, new URL(page.url), { pkceCodeVerifier });
  return { url, redeem };
}

const period = 30_000;

/** A code that was not used yet; there is one step of drift in each direction. */
export function nextCode(app: App): string {
  const counter = Math.floor(Date.now() / period) + app.ahead;
  app.ahead += 1;
  app.last = codeAt(app, counter);
  return app.last;
}

export function codeAt({ secret = assert.fail('no app') }: App, counter: number): string {
  return HOTP.generate({ secret, counter, digits: 6 });
}

/**
 * `code`: what is typed instead of the app's code. Ends at the client, at a page that refuses the code, or with `toSetUp`
 * where an app is to be set up, which has the secret then.
 */
export async function walk(
  agent: UserAgent,
  request: string | URL,
  app: App,
  {
    code,
    trust,
    toSetUp = false,
    ...choices
  }: Choices & { code?: string; trust?: boolean; toSetUp?: boolean } = {},
): Promise<Page> {
  let page = await agent.open(String(request), { stopAt: callbackUri });
  for (let step = 0; step < 10; step += 1) {
    if (page.url.startsWith(callbackUri)) return page;
    const at = (name: string) => formsOf(page.html).some(({ action }) => action.endsWith(name));
    const submit = (name: string, fields: Record<string, string>) =>
      agent.submit(page, { action: new RegExp(`/${name}$`), fields, stopAt: callbackUri });
    if (at('/second-factor')) {
      app.asked.push('second-factor');
      const typed = { code: code ?? nextCode(app), ...(trust && { trust: 'yes' }) };
      page = await submit('second-factor', typed);
      if (page.status >= 400) return page;
    } else if (at('/authenticator-app')) {
      app.asked.push('authenticator-app');
      app.secret = Secret.fromBase32(shown(page, /<code class="typed-secret">([A-Z2-7 ]+)</));
      if (toSetUp) return page;
      page = await submit('authenticator-app', { code: code ?? nextCode(app) });
      if (page.status >= 400) return page;
    } else if (at('/continue')) {
      app.recoveryCodes = [...page.html.matchAll(/<li><code>([^<]+)</g)].map(([, one = '']) => one);
      page = await submit('continue', {});
    } else {
      if (at('/sign-in')) app.asked.push('sign-in');
      page = await answerPage(agent, page, callbackUri, choices);
    }
  }
  throw new Error(`the sign-in goes in circles at ${page.url}`);
}

function shown({ html }: Page, pattern: RegExp): string {
  return (pattern.exec(html)?.[1] ?? assert.fail('no secret is shown')).replaceAll(' ', '');
}
