/** How long a person stays signed in, and in which browser windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { alice } from '../../../harness/sign_in.ts';
import { createUserAgent, formsOf, type UserAgent } from '../../../harness/user_agent.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { eachServer } from '../../support/flows.ts';
import { createRelyingParty, type RelyingParty } from '../../support/relying_party.ts';
import { declaration } from './configuration.ts';

const hour = 3_600_000;
const day = 24 * hour;

function open(app: RelyingParty, agent: UserAgent, parameters: Record<string, string> = {}) {
  const url = openid.buildAuthorizationUrl(app.config, {
    ...{ redirect_uri: app.redirectUri, scope: 'openid', ...parameters },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
  });
  return agent.open(url.href, { stopAt: app.redirectUri });
}

/** Whether a request without any page finds somebody signed in. */
async function isSignedIn(app: RelyingParty, agent: UserAgent): Promise<boolean> {
  const { url } = await open(app, agent, { prompt: 'none' });
  const { searchParams: answer } = new URL(url);
  if (answer.has('code')) return true;
  assert.equal(answer.get('error'), 'login_required');
  return false;
}

await eachServer({ declaration }, (server) => {
  const relyingParty = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });

  test('A sign-in ends when the browser is closed, unless the person stays signed in', async () => {
    const app = await relyingParty();
    for (const stay of [false, true]) {
      const { agent } = await app.signIn({ stay });
      assert.ok(await isSignedIn(app, agent));
      agent.close();
      assert.equal(await isSignedIn(app, agent), stay);
    }
  });

  test('A sign-in that is renewed keeps what was chosen before, and does not ask again', async () => {
    const app = await relyingParty();
    for (const stay of [false, true]) {
      const { agent } = await app.signIn({ stay });
      await app.signIn({ agent, parameters: { prompt: 'login' } });
      agent.close();
      assert.equal(await isSignedIn(app, agent), stay);
    }
  });

  test('The box is not ticked at first, and stays ticked after a wrong password', async () => {
    const app = await relyingParty();
    const agent = createUserAgent();
    const page = await open(app, agent);
    assert.match(page.html, /<input[^>]+name="stay"(?![^>]* checked)/);
    const wrong = { ...alice, password: 'not-the-right-one', stay: 'yes' };
    const again = await agent.submit(page, { action: /sign-in$/, fields: wrong });
    assert.equal(again.status, 401);
    assert.match(again.html, /<input[^>]+name="stay"[^>]* checked/);
  });
});

const sessions = { browser: '2h', stay_signed_in: '2d', longest: '5d' };
const withLengths = { ...declaration, sign_in: { sessions } };
// What the engine writes ends by the machine's time, so a sign-in four days ago is one at a clock that is behind.
const clock = createShiftedClock();

await eachServer({ declaration: withLengths, clock }, (server) => {
  test('The lengths of sessions are the operator’s, and no use prolongs one beyond the longest', async () => {
    clock.forward(Date.now() - 4 * day - clock.now());
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const brief = await app.signIn();
    const lasting = await app.signIn({ stay: true });
    clock.forward(4 * day + hour);
    assert.ok(await isSignedIn(app, brief.agent));
    assert.ok(await isSignedIn(app, lasting.agent));
    clock.forward(hour + 60_000);
    assert.equal(await isSignedIn(app, brief.agent), false);
    assert.ok(await isSignedIn(app, lasting.agent));
    clock.forward(23 * hour);
    assert.equal(await isSignedIn(app, lasting.agent), false);
  });
});

const never = { ...declaration, sign_in: { sessions: { stay_signed_in: 0 } } };

await eachServer({ declaration: never }, (server) => {
  test('Where nobody may stay signed in nobody is asked, and a forged field changes nothing', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const page = await open(app, createUserAgent());
    const fields = formsOf(page.html).flatMap((form) => form.fields.map(([name]) => name));
    assert.ok(!fields.includes('stay') && !page.html.includes('name="stay"'));
    const { agent } = await app.signIn({ stay: true });
    agent.close();
    assert.equal(await isSignedIn(app, agent), false);
  });
});
