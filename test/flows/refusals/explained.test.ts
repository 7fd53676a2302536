/**
 * A developer's everyday mistakes: what the app hears, which reason the log names, and what `cardea explain` finds by the
 * reference of the response.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { alice } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createRefusalRecords } from '../../../src/refusals/room.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { createMovableClock } from '../../support/rooms.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { callback, declaration, jobSecret } from './configuration.ts';
import { refusalOnRecord } from './on_record.ts';

await eachEngine((stores) => {
  let server: TestServer;
  let url: string;
  before(async () => {
    url = await stores.freshUrl();
    server = await startTestServer({ store: url, declaration });
  });
  after(() => server.close());

  const session = () =>
    createAppSession({ issuer: server.issuer, clientId: 'app', scope: 'openid offline_access' });
  const token = (fields: Record<string, string>, headers = {}) =>
    postForm(`${server.issuer}/token`, fields, headers);
  const authorize = (changes: Record<string, string>) => {
    const query = new URLSearchParams({ ...session().request('v'.repeat(43)), ...changes });
    return fetch(`${server.issuer}/authorize?${query}`, { redirect: 'manual' });
  };

  /** What is on record by the response's reference. The write follows the response. */
  const explained = async ({ headers }: { headers: Headers }) => {
    const reference = headers.get('x-request-id') ?? '';
    const found = await refusalOnRecord(url, reference);
    assert.match(server.logged(), new RegExp(`"reason":"${found.reason}"[^\\n]*"${reference}"`));
    return found;
  };

  const mistakes: Record<string, () => Promise<{ headers: Headers }>> = {
    client_unknown: () => token({ grant_type: 'client_credentials', client_id: 'nobody' }),
    client_secret_wrong: () =>
      token({ grant_type: 'client_credentials' }, { authorization: basic('job', 'x'.repeat(40)) }),
    grant_type_not_registered: () =>
      token(
        { grant_type: 'refresh_token', refresh_token: 'x' },
        { authorization: basic('job', jobSecret) },
      ),
    grant_type_unsupported: () =>
      token({ grant_type: 'password' }, { authorization: basic('job', jobSecret) }),
    resource_not_registered: () =>
      token(
        { grant_type: 'client_credentials', resource: 'https://other.example' },
        { authorization: basic('job', jobSecret) },
      ),
    scope_not_registered: () =>
      token(
        { grant_type: 'client_credentials', scope: 'orders:write' },
        { authorization: basic('job', jobSecret) },
      ),
    code_unknown: () => session().redeem(server, { code: 'never', verifier: 'v'.repeat(43) }),
    code_spent: async () => {
      const app = session();
      const code = await app.newCode();
      await app.redeem(server, code);
      return app.redeem(server, code);
    },
    code_verifier_wrong: async () => {
      const app = session();
      return app.redeem(server, { ...(await app.newCode()), verifier: 'w'.repeat(43) });
    },
    refresh_token_unknown: () => session().refresh(server, 'never-issued'),
    redirect_uri_not_registered: () => authorize({ redirect_uri: `${callback}/` }),
    pkce_missing: () => authorize({ code_challenge: '', code_challenge_method: '' }),
    interaction_needed: () => authorize({ prompt: 'none' }),
    response_type_not_allowed: () => authorize({ response_type: 'token' }),
    token_invalid: () =>
      postForm(`${server.issuer}/userinfo`, {}, { authorization: 'Bearer never-issued' }),
    page_expired: () => fetch(`${server.issuer}/interaction/nothing`),
  };

  for (const [reason, make] of Object.entries(mistakes)) {
    test(`A refusal for ${reason} can be looked up by its reference`, async () => {
      assert.equal((await explained(await make())).reason, reason);
    });
  }

  test('A wrong password is on record without the password and the name', async () => {
    const agent = createUserAgent();
    const query = new URLSearchParams(session().request('v'.repeat(43)));
    const page = await agent.open(`${server.issuer}/authorize?${query}`);
    await agent.submit(page, {
      action: /sign-in$/,
      fields: { ...alice, password: 'not-her-password' },
    });
    // The browser is on the page by now, which is another request.
    const [, reference = ''] =
      /"reason":"password_wrong"[^\n]*"request_id":"([^"]+)"/.exec(server.logged()) ?? [];
    const found = await explained({ headers: new Headers({ 'x-request-id': reference }) });
    assert.equal(found.reason, 'password_wrong');
    assert.doesNotMatch(JSON.stringify(found), /not-her-password|alice|fingerprint/);
  });

  test('The app hears which registered redirect URI is nearest, and that the verifier does not match', async () => {
    const pushed = await postForm(`${server.issuer}/par`, {
      ...session().request('v'.repeat(43)),
      redirect_uri: `${callback}/`,
    });
    assert.equal(pushed.status, 400);
    assert.ok(String(pushed.body.error_description).endsWith(`the nearest is ${callback}`));
    const elsewhere = await postForm(`${server.issuer}/par`, {
      ...session().request('v'.repeat(43)),
      redirect_uri: 'https://guess.example/cb',
    });
    assert.ok(!String(elsewhere.body.error_description).includes(callback));
    const html = await (await authorize({ redirect_uri: `${callback}/` })).text();
    assert.ok(html.includes(callback));
    const app = session();
    const code = await app.newCode();
    const { body } = await app.redeem(server, { ...code, verifier: 'w'.repeat(43) });
    assert.match(String(body.error_description), /^code_verifier does not match/);
    const spent = await app.newCode();
    await app.redeem(server, spent);
    const again = await app.redeem(server, spent);
    assert.doesNotMatch(String(again.body.error_description), /spent|expired|unknown/);
  });

  test('What stands where a name belongs is not kept, and a known client is', async () => {
    const secret = 'a-secret-in-the-wrong-place-0123456789';
    for (const fields of [
      { grant_type: 'client_credentials', client_id: secret, client_secret: 'web' },
      { grant_type: secret, client_id: 'app' },
    ]) {
      const found = await explained(await token(fields as Record<string, string>));
      assert.ok(!JSON.stringify(found).includes(secret));
    }
    const known = await explained(
      await token({ grant_type: 'password' }, { authorization: basic('job', jobSecret) }),
    );
    assert.equal(known.clientId, 'job');
  });

  test('A reference that comes again replaces nothing, and addresses of one network share its room', async () => {
    const store = await openStore({ url });
    const clock = createMovableClock(Date.now() + 7_200_000);
    const { note, find } = createRefusalRecords({
      ...{ refusals: store.refusals, clock, log: { debug: () => {} } },
    });
    const refuse = (reference: string, address: string, error = 'unsupported_grant_type') =>
      note({
        ...{ reference, address, route: 'token', status: 400, clientId: undefined },
        details: { error },
      });
    const arrived = async (reference: string) => {
      for (let look = 0; look < 200 && !(await find(reference)); look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return find(reference);
    };
    refuse('twice', '192.0.2.1');
    await arrived('twice');
    refuse('twice', '192.0.2.2', 'unauthorized_client');
    for (let index = 0; index < 900; index += 1) {
      refuse(`wide-${index}`, `2001:db8:0:${(index % 300).toString(16)}::1`);
    }
    refuse('victim', '192.0.2.77');
    assert.ok(await arrived('victim'));
    assert.equal((await find('twice'))?.reason, 'grant_type_unsupported');
    await store.close();
  });

  test('Of one address so many are kept in an hour, and none of it keeps out another', async () => {
    const store = await openStore({ url });
    const clock = createMovableClock(Date.now());
    const { note, find } = createRefusalRecords({
      ...{ refusals: store.refusals, clock, log: { debug: () => {} } },
    });
    const refuse = (reference: string, address: string) =>
      note({
        ...{ reference, address, route: 'token', status: 400, clientId: undefined },
        details: { error: 'invalid_grant', detail: 'code_verifier does not match code_challenge' },
      });
    const kept = async (prefix: string, count: number) => {
      const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
      for (let look = 0; look < 200 && !(await find(names[0] ?? '')); look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const found = await Promise.all(names.map(find));
      return found.filter(Boolean).length;
    };
    for (let index = 0; index < 80; index += 1) {
      assert.equal(refuse(`flood-${index}`, '2001:db8::1'), 'code_verifier_wrong');
    }
    refuse('quiet-0', '198.51.100.7');
    assert.equal(await kept('quiet', 1), 1);
    assert.equal(await kept('flood', 80), 50);
    clock.advance(3_600_000);
    refuse('later-0', '2001:db8::2');
    assert.equal(await kept('later', 1), 1);
    await store.close();
  });
});
