/** Second factors: who is asked for one, what each proof is worth, and that each code is spent once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { beginSignIn, newApp, nextCode, walk } from './walk.ts';

const orders = 'https://orders.example';
const payments = 'https://payments.example';
const acr = (level: string) => `urn:cardea:acr:${level}`;

const app = {
  ...{ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
  ...{ redirect_uris: [callbackUri], consent: 'skip', apis: [orders, payments] },
  scope: 'openid orders:read payments:write',
};
const names = ['alice', 'bob', 'carol', 'dora', 'erin', 'frank', 'gina', 'hugo', 'ines', 'jack'];
const password = 'a-password-of-the-test';
const person = (username: string): Person => ({ username, password });

const declaration = {
  sign_in: { acr_of_roles: { treasurer: 'mfa' }, attempts_per_account: '6/15m' },
  users: names.map((username) => ({
    ...{ username, password },
    ...(username === 'frank' && { roles: ['treasurer'] }),
  })),
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
    {
      ...{ identifier: payments, name: 'Payments', acr: 'mfa' },
      scopes: { 'payments:write': 'Pay for you' },
    },
  ],
  clients: [
    { ...app, client_id: 'app', client_name: 'App' },
    { ...app, client_id: 'bank', client_name: 'Bank', acr: 'mfa' },
    { ...app, client_id: 'vault', client_name: 'Vault', acr: 'phishing_resistant' },
  ],
};

await eachServer({ declaration }, (server) => {
  const begin = (clientId: string, parameters: Record<string, string> = {}) =>
    beginSignIn(server().issuer, clientId, parameters);
  const signIn = async (
    agent: UserAgent,
    own: ReturnType<typeof newApp>,
    who: string,
    client: string,
    parameters: Record<string, string> = {},
    more: { trust?: boolean } = {},
  ) => {
    const { url, redeem } = await begin(client, parameters);
    own.asked = [];
    const tokens = await redeem(await walk(agent, url, own, { person: person(who), ...more }));
    return tokens.claims() ?? assert.fail();
  };

  test('A client that requires two factors has the person set one up, and then asks for it', async () => {
    const [agent, own] = [createUserAgent(), newApp()];
    const first = await signIn(agent, own, 'alice', 'bank');
    assert.deepEqual(own.asked, ['sign-in', 'authenticator-app']);
    assert.equal(first.acr, acr('mfa'));
    assert.deepEqual(first.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(own.recoveryCodes.length, 10);
    // The session has both: nothing is asked.
    assert.equal((await signIn(agent, own, 'alice', 'bank')).acr, acr('mfa'));
    assert.deepEqual(own.asked, []);
    // Whoever has set one up is asked for it in every new sign-in, wherever it is.
    const other = await signIn(createUserAgent(), own, 'alice', 'app');
    assert.deepEqual(own.asked, ['sign-in', 'second-factor']);
    assert.equal(other.acr, acr('mfa'));
  });

  test('A session that is too weak for an API, a role or a request is asked for the second factor only', async () => {
    const own = newApp();
    await signIn(createUserAgent(), own, 'bob', 'bank');
    const weak = createUserAgent();
    const fresh = newApp();
    // Somebody without a second factor has a session by password.
    assert.equal((await signIn(weak, fresh, 'carol', 'app')).acr, acr('password'));
    const stepped = await signIn(weak, fresh, 'carol', 'app', {
      ...{ scope: 'openid payments:write', resource: payments },
    });
    assert.deepEqual(fresh.asked, ['authenticator-app']);
    assert.deepEqual([stepped.acr, stepped.amr], [acr('mfa'), ['pwd', 'otp', 'mfa']]);

    const essential = newApp();
    const agent = createUserAgent();
    const before = await signIn(agent, essential, 'dora', 'app');
    const after = await signIn(agent, essential, 'dora', 'app', {
      claims: JSON.stringify({ id_token: { acr: { essential: true, value: acr('mfa') } } }),
    });
    assert.deepEqual(essential.asked, ['authenticator-app']);
    assert.equal(after.acr, acr('mfa'));
    assert.equal(after.auth_time, before.auth_time);

    const treasurer = newApp();
    assert.equal((await signIn(createUserAgent(), treasurer, 'frank', 'app')).acr, acr('mfa'));
    assert.deepEqual(treasurer.asked, ['sign-in', 'authenticator-app']);
  });

  test('A trusted browser is not asked again', async () => {
    const [agent, own] = [createUserAgent(), newApp()];
    await signIn(createUserAgent(), own, 'hugo', 'bank');
    await signIn(agent, own, 'hugo', 'app', {}, { trust: true });
    assert.deepEqual(own.asked, ['sign-in', 'second-factor']);
    const again = await signIn(agent, own, 'hugo', 'bank', { prompt: 'login' });
    assert.deepEqual(own.asked, ['sign-in']);
    // It is as good as if it were proven, and was not proven now.
    assert.deepEqual([again.acr, again.amr], [acr('mfa'), ['pwd']]);
  });

  test('What is only wanted is asked of those who have it', async () => {
    const own = newApp();
    const wanted = { acr_values: `${acr('mfa')} ${acr('password')}` };
    assert.equal(
      (await signIn(createUserAgent(), own, 'gina', 'app', wanted)).acr,
      acr('password'),
    );
    assert.deepEqual(own.asked, ['sign-in']);
  });

  test('A level that acr_values leaves no choice about is required, a voluntary claim is a wish', async () => {
    const only = newApp();
    const needed = await signIn(createUserAgent(), only, 'ines', 'app', { acr_values: acr('mfa') });
    assert.deepEqual(only.asked, ['sign-in', 'authenticator-app']);
    assert.equal(needed.acr, acr('mfa'));
    const wish = newApp();
    const claims = JSON.stringify({ id_token: { acr: { value: acr('mfa') } } });
    assert.equal(
      (await signIn(createUserAgent(), wish, 'gina', 'app', { claims })).acr,
      acr('password'),
    );
    assert.deepEqual(wish.asked, ['sign-in']);
  });

  test('Without a page a session that is too weak is told so', async () => {
    const [agent, own] = [createUserAgent(), newApp()];
    await signIn(agent, own, 'gina', 'app');
    const { url } = await begin('bank', { prompt: 'none' });
    const page = await agent.open(String(url), { stopAt: callbackUri });
    assert.equal(new URL(page.url).searchParams.get('error'), 'login_required');
  });

  test('A code is spent once, also by many at the same time, and a wrong one signs nobody in', async () => {
    const own = newApp();
    await signIn(createUserAgent(), own, 'erin', 'bank');
    const wrong = await walk(createUserAgent(), (await begin('app')).url, own, {
      ...{ person: person('erin'), code: '000000' },
    });
    assert.equal(wrong.status, 401);
    const spent = own.last ?? assert.fail('no code was used');
    const again = await walk(createUserAgent(), (await begin('app')).url, own, {
      ...{ person: person('erin'), code: spent },
    });
    assert.equal(again.status, 401);
    const code = nextCode(own);
    const pages = await Promise.all(
      Array.from({ length: 4 }, async () =>
        walk(createUserAgent(), (await begin('app')).url, own, { person: person('erin'), code }),
      ),
    );
    assert.equal(pages.filter(({ url }) => url.startsWith(callbackUri)).length, 1);
  });

  test('Of several who set up the first app of one person at the same time, one does, and the others are asked for it', async () => {
    const rivals = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const [agent, own] = [createUserAgent(), newApp()];
        const { url } = await begin('bank');
        const page = await walk(agent, url, own, { person: person('jack'), toSetUp: true });
        return { agent, own, page };
      }),
    );
    const pages = await Promise.all(
      rivals.map(({ agent, own, page }) =>
        agent.submit(page, {
          ...{ action: /\/authenticator-app$/, fields: { code: nextCode(own) } },
          stopAt: callbackUri,
        }),
      ),
    );
    const shows = (form: string) => pages.filter(({ html }) => html.includes(`/${form}"`)).length;
    assert.deepEqual([shows('continue'), shows('second-factor')], [1, 3]);
    const winner = rivals[pages.findIndex(({ html }) => html.includes('/continue"'))];
    assert.equal(
      (await signIn(createUserAgent(), winner?.own ?? newApp(), 'jack', 'app')).acr,
      acr('mfa'),
    );
  });

  test('Where a passkey is required and the person has none, the client is told', async () => {
    const { url } = await begin('vault');
    const page = await walk(createUserAgent(), url, newApp(), { person: person('gina') });
    const { searchParams } = new URL(page.url);
    assert.equal(searchParams.get('error'), 'unmet_authentication_requirements');
  });
});
