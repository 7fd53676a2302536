/** Passkeys: how they are set up, what a sign-in with one is worth, and what is asked of whom. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ceremonyOn, makePasskey, usePasskey } from '../../../harness/authenticator.ts';
import { createUserAgent, formsOf } from '../../../harness/user_agent.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { eachEngine } from '../../support/stores.ts';
import { codeAt, newApp, walk } from '../second_factor/walk.ts';
import { outcomeOf, passkeyScene, password } from './scene.ts';

const acr = (level: string) => `urn:cardea:acr:${level}`;

await eachEngine((stores) => {
  describe('Passkeys', () => {
    const related = { passkeys: { related_origins: ['https://shop.example'] } };
    passkeyScene(
      stores,
      (scene) => {
        test('Browsers learn who else may use the passkeys of the issuer’s host', async () => {
          const { issuer } = scene();
          const response = await fetch(`${issuer}/.well-known/webauthn`);
          assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
          assert.deepEqual(await response.json(), { origins: [issuer, 'https://shop.example'] });
        });

        test('A client that requires a passkey has the person set one up after the password', async () => {
          const { issuer, begin, post } = scene();
          const agent = createUserAgent();
          const { url, redeem } = await begin('vault');
          const page = await agent.open(url);
          const fields = { username: 'alice', password };
          const next = await agent.submit(page, { action: /\/sign-in$/, fields });
          const ceremony = ceremonyOn(next.html, 'make');
          assert.deepEqual(ceremony.authenticatorSelection, {
            ...{ residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
          });
          const { credential } = makePasskey(ceremony, issuer);
          const claims = await redeem(await post(agent, next, 'new-passkey', credential));
          assert.equal(claims.acr, acr('phishing-resistant'));
          assert.deepEqual(claims.amr, ['pwd', 'pop', 'hwk', 'user', 'mfa']);
          // The session is strong enough for every other client.
          const again = await agent.open((await begin('vault')).url, { stopAt: callbackUri });
          assert.equal(outcomeOf(again), 'code');
        });

        test('A passkey alone signs its owner in, and tokens tell where its key is kept', async () => {
          const { issuer, begin, setUp, post } = scene();
          for (const [username, isSyncable, kept] of [
            ['bob', false, 'hwk'],
            ['carol', true, 'swk'],
          ] as const) {
            const passkey = await setUp(username, { isSyncable });
            const agent = createUserAgent();
            const { url, redeem } = await begin('vault');
            const page = await agent.open(url);
            const ceremony = ceremonyOn(page.html, 'sign-in');
            assert.equal(ceremony.allowCredentials, undefined);
            assert.equal(ceremony.userVerification, 'required');
            const used = usePasskey(passkey, ceremony, issuer);
            const claims = await redeem(await post(agent, page, 'passkey', used));
            assert.deepEqual(claims.amr, ['pop', kept, 'user', 'mfa']);
            assert.equal(claims.acr, acr('phishing-resistant'));
          }
        });

        test('A session by password is asked for the passkey, and only for that person’s', async () => {
          const { issuer, begin, setUp, post } = scene();
          const [own, other] = [await setUp('dora'), await setUp('erin')];
          const agent = createUserAgent();
          const first = await begin('app');
          const page = await agent.open(first.url);
          const fields = { username: 'dora', password };
          await agent.submit(page, { action: /\/sign-in$/, fields, stopAt: callbackUri });

          const { url, redeem } = await begin('vault');
          const ask = await agent.open(url);
          const ceremony = ceremonyOn(ask.html, 'use');
          assert.deepEqual(ceremony.allowCredentials, [
            { type: 'public-key', id: own.id, transports: ['internal'] },
          ]);
          const wrong = await post(agent, ask, 'passkey', usePasskey(other, ceremony, issuer));
          assert.equal(wrong.status, 401);
          const right = usePasskey(own, ceremonyOn(wrong.html, 'use'), issuer);
          const claims = await redeem(await post(agent, wrong, 'passkey', right));
          assert.equal(claims.acr, acr('phishing-resistant'));
        });

        test('A passkey and a second factor are both asked for where either will do', async () => {
          const { begin, issuer, post } = scene();
          const own = newApp();
          const person = { username: 'hugo', password };
          await walk(createUserAgent(), (await begin('bank')).url, own, { person });
          const { agent, page } = await scene().signInPage('vault');
          const fields = { username: 'hugo', password };
          const coded = await agent.submit(page, { action: /\/sign-in$/, fields });
          const code = codeAt(own, Math.floor(Date.now() / 30_000) + 1);
          const next = await agent.submit(coded, { action: /\/second-factor$/, fields: { code } });
          const made = makePasskey(ceremonyOn(next.html, 'make'), issuer);
          await post(agent, next, 'new-passkey', made.credential);

          const again = await scene().signInPage('bank');
          const asked = await again.agent.submit(again.page, { action: /\/sign-in$/, fields });
          assert.ok(formsOf(asked.html).some(({ action }) => action.endsWith('/second-factor')));
          const used = usePasskey(made.passkey, ceremonyOn(asked.html, 'use'), issuer);
          assert.equal(outcomeOf(await post(again.agent, asked, 'passkey', used)), 'code');
        });

        test('Whoever has an authenticator app proves it before a passkey is set up, also in a trusted browser', async () => {
          const { begin, clock, post, issuer } = scene();
          const [agent, own] = [createUserAgent(), newApp()];
          const person = { username: 'frank', password };
          await walk(createUserAgent(), (await begin('bank')).url, own, { person });
          await walk(agent, (await begin('app')).url, own, { person, trust: true });
          // Both codes that are taken at the moment are spent.
          clock.forward(60_000);
          const asked = await agent.open((await begin('vault')).url);
          assert.ok(formsOf(asked.html).some(({ action }) => action.endsWith('/second-factor')));
          const code = codeAt(own, Math.floor(Date.now() / 30_000) + 2);
          const next = await agent.submit(asked, { action: /\/second-factor$/, fields: { code } });
          const { credential } = makePasskey(ceremonyOn(next.html, 'make'), issuer);
          assert.equal(outcomeOf(await post(agent, next, 'new-passkey', credential)), 'code');
        });

        test('A browser that makes passkeys itself is asked once, after a sign-in by password', async () => {
          const { begin, issuer, post } = scene();
          const signIn = async (username: string) => {
            const agent = createUserAgent();
            const page = await agent.open((await begin('app')).url);
            const fields = { username, password, can_make_passkey: 'yes' };
            const next = await agent.submit(page, {
              ...{ action: /\/sign-in$/, fields, stopAt: callbackUri },
            });
            return { agent, next };
          };
          // Without a passkey the person goes on, and is not asked again.
          const first = await signIn('jack');
          assert.equal(outcomeOf(await post(first.agent, first.next, 'continue', '')), 'code');
          assert.equal(outcomeOf((await signIn('jack')).next), 'code');
          const { agent, next } = await signIn('ida');
          const made = makePasskey(ceremonyOn(next.html, 'offer'), issuer, {
            ...{ isUserVerified: false, isUserPresent: false },
          });
          assert.equal(outcomeOf(await post(agent, next, 'continue', made.credential)), 'code');
          assert.equal(outcomeOf(await scene().signIn(made.passkey)), 'code');
        });

        test('An old session sets nothing up: the person signs in first', async () => {
          const { begin, clock } = scene();
          const agent = createUserAgent();
          const page = await agent.open((await begin('app')).url);
          const fields = { username: 'gina', password };
          await agent.submit(page, { action: /\/sign-in$/, fields, stopAt: callbackUri });
          clock.forward(16 * 60_000);
          for (const client of ['vault', 'bank']) {
            const asked = await agent.open((await begin(client)).url);
            assert.ok(
              formsOf(asked.html).some(({ action }) => action.endsWith('/sign-in')),
              client,
            );
          }
        });
      },
      related,
    );
  });
});
