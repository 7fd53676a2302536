/**
 * What a stranger can send: each way is one request (or what leads to one), as large as the server takes it, from
 * an address of his choice. Strangers are people whom nobody knows, and whoever has no more than an account at a
 * public client, something that was spent, or one initial access token.
 */

import { alice, answerPage } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf } from '../../harness/user_agent.ts';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import { createAppSession } from '../support/app_session.ts';
import { createProofKey } from '../support/dpop_proof.ts';
import { postForm } from '../support/flows.ts';
import { authorizeUrl, type Changes, parameters, verifier } from './authorization.ts';
import { callback } from './configuration.ts';

/** Answers the status of the last answer. */
export type Way = () => Promise<number>;
export type Ways = Record<string, Way>;

type Options = {
  issuer: string;
  /** As the proxy in front tells it. */
  address: string;
  initialAccessToken: string;
};

/** Makes what the ways need, which is known to the server by then. */
export async function createWays({ issuer, address, initialAccessToken }: Options): Promise<Ways> {
  const from = { 'x-forwarded-for': address };
  const agent = createUserAgent({ headers: from });
  const at = (path: string) => `${issuer}${path}`;
  const post = async (path: string, fields: Parameters<typeof postForm>[1], headers = {}) =>
    (await postForm(at(path), fields, { ...from, ...headers })).status;
  const get = async (path: string) => {
    const response = await fetch(at(path), { headers: from, redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  };
  const json = async (method: string, url: string, token: string, body: object) => {
    const response = await fetch(url, {
      method,
      headers: { ...from, 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, string>;
    return { status: response.status, body: answer };
  };
  const large = (length: number): Changes => ({ state: 'x'.repeat(length) });

  const app = createAppSession({
    ...{ issuer, clientId: 'app', scope: 'openid offline_access', redirectUri: callback },
    agent,
  });
  const spentCode = await app.newCode();
  await app.redeem({ url: issuer }, spentCode);
  const spent = await app.newTokens({ url: issuer });
  await app.refresh({ url: issuer }, spent.refreshToken);
  let { refreshToken } = await app.newTokens({ url: issuer });
  const registration = {
    // As large as a client may be: names are short, redirect URIs need not be.
    redirect_uris: [callback, ...['a', 'b', 'c', 'd'].map((x) => `${callback}?${x.repeat(1700)}`)],
    token_endpoint_auth_method: 'none',
  };
  let registered = (await json('POST', at('/register'), initialAccessToken, registration)).body;
  const proofKey = await createProofKey();
  const guesser = createUserAgent({ headers: from });
  // From elsewhere: where the other ways have used up their share, nobody gets as far as a consent.
  const elsewhere = { 'x-forwarded-for': address.replace(/\d+$/, '250') };
  const consenting = createUserAgent({ headers: elsewhere });
  let refusedPage: Awaited<ReturnType<typeof consenting.open>> | undefined;
  const guessing = await guesser.open(authorizeUrl(issuer));

  return {
    'begins a sign-in': () => get(authorizeUrl('', large(6000))),
    async 'cancels the sign-in page'() {
      const visitor = createUserAgent({ headers: from });
      const page = await visitor.open(authorizeUrl(issuer));
      if (formsOf(page.html).length === 0) return page.status;
      const options = { action: /\/cancel$/, stopAt: callback };
      return (await visitor.submit(page, options)).status;
    },
    async 'returns from one sign-in page many times at once, and leaves another'() {
      const visitor = createUserAgent({ headers: from });
      const page = await visitor.open(authorizeUrl(issuer));
      if (formsOf(page.html).length === 0) return page.status;
      const options = { action: /\/cancel$/, stopAt: at('/authorize/') };
      const { url } = await visitor.submit(page, options);
      await Promise.all(Array.from({ length: 10 }, () => visitor.open(url, { stopAt: callback })));
      return get(authorizeUrl(''));
    },
    async 'guesses passwords'() {
      const fields = { username: randomId(), password: 'a-password-that-is-wrong' };
      return (await guesser.submit(guessing, { action: /sign-in$/, fields })).status;
    },
    'pushes requests': () => post('/par', parameters(large(7000))),
    'pushes requests with proofs': async () =>
      post('/par', parameters(), { dpop: await proofKey.prove('POST', at('/par')) }),
    'asks for device codes': () =>
      post(
        '/device_authorization',
        { client_id: 'app', scope: 'openid', login_hint: 'x'.repeat(1900) },
        { 'user-agent': 'x'.repeat(6000) },
      ),
    'opens the device page': () => get('/device'),
    async 'guesses device codes'() {
      const visitor = createUserAgent({ headers: from });
      const page = await visitor.open(at('/device'));
      if (formsOf(page.html).length === 0) return page.status;
      const fields = { user_code: 'BCDF-GHJK' };
      return (await visitor.submit(page, { action: /\/device$/, fields })).status;
    },
    'opens the sign-out page': () => get('/logout'),
    'replays a spent code': async () => {
      const { status } = await app.redeem({ url: issuer }, spentCode);
      return status;
    },
    'replays a spent refresh token': async () =>
      (await app.refresh({ url: issuer }, spent.refreshToken)).status,
    'invents tokens': async () => {
      const token = randomId(32);
      await post('/revoke', { token, client_id: 'app' });
      await post('/introspect', { token, client_id: 'app' });
      const dpop = await proofKey.prove('POST', at('/token'));
      const grant = { grant_type: 'refresh_token', refresh_token: token, client_id: 'app' };
      await post('/token', grant, { dpop });
      const code = { code: token, code_verifier: verifier, redirect_uri: callback };
      return post('/token', { grant_type: 'authorization_code', client_id: 'app', ...code });
    },
    async 'refreshes tokens'() {
      const { status, body } = await app.refresh({ url: issuer }, refreshToken);
      if (status === 200) refreshToken = String(body.refresh_token);
      return status;
    },
    async 'signs in on and on'() {
      const page = await agent.open(authorizeUrl(issuer, { prompt: 'login' }), {
        stopAt: callback,
      });
      if (formsOf(page.html).length === 0) return page.status;
      return (await answerPage(agent, page, callback, { person: alice })).status;
    },
    async 'consents on and on'() {
      refusedPage ??= await consenting.open(authorizeUrl(issuer, { prompt: 'consent' }), {
        stopAt: callback,
      });
      const { status } = await answerPage(consenting, refusedPage, callback, { person: alice });
      if (status !== 429) refusedPage = undefined;
      return status;
    },
    'registers clients': async () =>
      (await json('POST', at('/register'), initialAccessToken, registration)).status,
    async 'changes a registration'() {
      const { client_id, registration_client_uri: url = '' } = registered;
      const token = registered.registration_access_token ?? '';
      const { status, body } = await json('PUT', url, token, { ...registration, client_id });
      if (status === 200) registered = body;
      return status;
    },
    async 'guesses API keys'() {
      const key = createKey('acme', 'live');
      await fetch(at('/forward-auth'), { headers: { ...from, 'x-api-key': key } });
      return post('/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: key,
        subject_token_type: 'urn:cardea:token-type:api_key',
      });
    },
    'puts API keys into URLs': () => get(`/api-keys/verify?key=${createKey('acme', 'live')}`),
    async 'reports leaks'() {
      const { status } = await json('POST', at('/leaks/github'), sha256('x'), [{ token: 'x' }]);
      return status;
    },
  };
}
