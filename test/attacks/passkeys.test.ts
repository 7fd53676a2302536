/**
 * Passkeys of attackers: answers of other origins, pages and people, replays, copies, and guesses at who has one. Each
 * fails like any other sign-in.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  ceremonyOn,
  type Lies,
  makePasskey,
  type SoftPasskey,
  usePasskey,
} from '../../harness/authenticator.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { outcomeOf, passkeyScene, password } from '../flows/passkeys/scene.ts';
import { eachEngine } from '../support/stores.ts';

const alertOf = (html: string) => /role="alert">.*?<p>([^<]*)<\/p>/s.exec(html)?.[1];

await eachEngine((stores) => {
  describe('Attacks with passkeys', () => {
    passkeyScene(
      stores,
      (scene) => {
        test('An answer for another origin, domain, kind or page, without the person, or by another key signs nobody in', async () => {
          const { setUp, signIn } = scene();
          const passkey = await setUp('alice');
          const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
          const lies: Lies[] = [
            { origin: 'https://localhost.evil.example' },
            { origin: scene().issuer.replace('localhost', 'login.localhost') },
            { rpId: 'evil.example' },
            { type: 'webauthn.create' },
            { crossOrigin: true },
            { challenge: randomId(54) },
            { challenge: '' },
            { isUserVerified: false },
            { isUserPresent: false, isUserVerified: false },
            { privateKey },
            { userHandle: randomId(32) },
          ];
          for (const lie of lies) {
            const page = await signIn(passkey, lie);
            assert.equal(page.status, 401, JSON.stringify(lie));
          }
          assert.equal(outcomeOf(await signIn(passkey)), 'code');
        });

        test('What is no answer of a browser is refused like any other', async () => {
          const { signInPage, post } = scene();
          for (const credential of ['', '{', 'null', '[]', '{"id":"a"}', 'x'.repeat(30_000)]) {
            const { agent, page } = await signInPage();
            assert.equal((await post(agent, page, 'passkey', credential)).status, 401);
          }
        });

        test('An answer is taken once, also by many at the same time', async () => {
          const { setUp, signInPage, post, issuer } = scene();
          const passkey = await setUp('bob');
          const { agent, page } = await signInPage();
          const used = usePasskey(passkey, ceremonyOn(page.html, 'sign-in'), issuer);
          const pages = await Promise.all(
            Array.from({ length: 5 }, () => post(agent, page, 'passkey', used)),
          );
          assert.equal(pages.filter((each) => outcomeOf(each) === 'code').length, 1);
          const other = await signInPage();
          assert.equal((await post(other.agent, other.page, 'passkey', used)).status, 401);
        });

        test('An answer to the page of another browser, or to another request, signs nobody in', async () => {
          const { setUp, signInPage, post, issuer } = scene();
          const passkey = await setUp('carol');
          const [victim, attacker] = [await signInPage(), await signInPage()];
          const asked = ceremonyOn(attacker.page.html, 'sign-in');
          const used = usePasskey(passkey, asked, issuer);
          assert.equal((await post(victim.agent, victim.page, 'passkey', used)).status, 401);
          // Nor one that was asked for a set-up.
          const fresh = await signInPage('vault');
          const fields = { username: 'dora', password };
          const next = await fresh.agent.submit(fresh.page, { action: /\/sign-in$/, fields });
          const setUpCeremony = { ...ceremonyOn(next.html, 'make'), rpId: 'localhost' };
          const crossed = usePasskey(passkey, setUpCeremony, issuer);
          const again = await signInPage();
          assert.equal((await post(again.agent, again.page, 'passkey', crossed)).status, 401);
        });

        test('A new passkey for another person’s page is not kept, nor one that somebody has', async () => {
          const { setUp, signInPage, signIn, post, issuer } = scene();
          const begin = async (username: string) => {
            const { agent, page } = await signInPage('vault');
            const fields = { username, password };
            return { agent, page: await agent.submit(page, { action: /\/sign-in$/, fields }) };
          };
          const [attacker, victim] = [await begin('erin'), await begin('frank')];
          const planted = makePasskey(ceremonyOn(attacker.page.html, 'make'), issuer);
          const refused = await post(victim.agent, victim.page, 'new-passkey', planted.credential);
          assert.equal(refused.status, 401);
          const unverified = makePasskey(ceremonyOn(refused.html, 'make'), issuer, {
            isUserVerified: false,
          });
          const second = await post(victim.agent, refused, 'new-passkey', unverified.credential);
          assert.equal(second.status, 401);
          // The id of another's: it would take the passkey's place in the lookup.
          const own = await setUp('gina');
          const taken = makePasskey(ceremonyOn(second.html, 'make'), issuer, { id: own.id });
          const third = await post(victim.agent, second, 'new-passkey', taken.credential);
          assert.equal(third.status, 401);
          assert.equal(outcomeOf(await signIn(own)), 'code');
          assert.equal((await signIn(planted.passkey)).status, 401);
        });

        test('Of two who know the password at the same time, one sets a passkey up; the other is asked for it', async () => {
          const { signInPage, post, issuer } = scene();
          const setUps = await Promise.all(
            Array.from({ length: 3 }, async () => {
              const { agent, page } = await signInPage('vault');
              const fields = { username: 'kate', password };
              return { agent, page: await agent.submit(page, { action: /\/sign-in$/, fields }) };
            }),
          );
          const others = await Promise.all(
            setUps.map(({ agent, page }) => {
              const { credential } = makePasskey(ceremonyOn(page.html, 'make'), issuer);
              return post(agent, page, 'new-passkey', credential);
            }),
          );
          assert.equal(others.filter((each) => outcomeOf(each) === 'code').length, 1);
          for (const page of others.filter((each) => outcomeOf(each) !== 'code')) {
            assert.equal((ceremonyOn(page.html, 'use').allowCredentials as object[]).length, 1);
          }
        });

        test('A passkey that counts back is refused and told of, and of two with one count one signs in', async () => {
          const { setUp, signIn, server, signInPage, post, issuer } = scene();
          const passkey = await setUp('hugo', { counter: 7 });
          assert.equal(outcomeOf(await signIn(passkey)), 'code');
          const copied = await signIn(passkey, { counter: 3 });
          assert.match(alertOf(copied.html) ?? '', /may have been copied/);
          const uses = await Promise.all(
            Array.from({ length: 4 }, async () => {
              const { agent, page } = await signInPage();
              const ceremony = ceremonyOn(page.html, 'sign-in');
              const credential = usePasskey(passkey, ceremony, issuer, { counter: 20 });
              return outcomeOf(await post(agent, page, 'passkey', credential));
            }),
          );
          assert.deepEqual(uses.toSorted(), ['401', '401', '401', 'code']);
          const store = await openStore({ url: server.store });
          const events = await store.audit.list({ type: 'passkey.counted_back', limit: 10 });
          await store.close();
          assert.equal(events.length, 4);
          assert.deepEqual(events.at(-1)?.details, { name: '', counted: 8, now: 3 });
        });

        test('Whoever has no passkey here, a removed one or a disabled account reads the same words', async () => {
          const { setUp, signIn, server } = scene();
          const stranger: SoftPasskey = {
            ...makePasskey({ challenge: 'x' }, scene().issuer).passkey,
            userHandle: randomId(32),
          };
          const [removed, disabled] = [await setUp('ida'), await setUp('jack')];
          const store = await openStore({ url: server.store });
          const user = (await store.users.findByUsername('ida')) ?? assert.fail('no user');
          const record = (await store.authenticators.find(user.id)) ?? assert.fail('no record');
          await store.authenticators.update({
            ...{ ...record, passkeys: [], version: record.version + 1 },
          });
          const other = (await store.users.findByUsername('jack')) ?? assert.fail('no user');
          await store.users.update({
            ...{ ...other, disabledAt: Date.now(), version: other.version + 1 },
          });
          await store.close();
          const words = new Set<string>();
          for (const passkey of [stranger, removed, disabled]) {
            const page = await signIn(passkey);
            assert.equal(page.status, 401);
            words.add(alertOf(page.html) ?? 'none');
            // Whoever keeps it in the browser may forget it only where nobody has it.
            const isTold = page.html.includes('data-passkey-signals');
            assert.equal(isTold, passkey !== disabled);
          }
          assert.equal(words.size, 1);
        });

        test('The sign-in page asks everybody for the same, whatever name comes with the request', async () => {
          const { begin } = scene();
          const asked = await Promise.all(
            ['bob', 'nobody'].map(async (login_hint) => {
              const page = await createUserAgent().open((await begin('app', { login_hint })).url);
              const { challenge, ...rest } = ceremonyOn(page.html, 'sign-in');
              return { ...rest, length: challenge.length };
            }),
          );
          assert.deepEqual(asked[0], asked[1]);
          assert.equal('allowCredentials' in (asked[0] ?? {}), false);
        });

        test('Failed attempts are throttled by address, and another site’s form is not taken', async () => {
          const { signInPage, post, signIn } = scene();
          const { agent, page } = await signInPage();
          const forged = {
            ...page,
            html: page.html.replace(/name="csrf" value="[^"]*"/g, 'name="csrf" value="x"'),
          };
          assert.equal((await post(agent, forged, 'passkey', '{}')).status, 403);
          let last = 0;
          for (let count = 0; count < 60 && last !== 429; count += 1) {
            last = (await signIn(makePasskey({ challenge: 'x' }, scene().issuer).passkey)).status;
          }
          assert.equal(last, 429);
        });
      },
      { sign_in: { attempts_per_address: '40/15m' } },
    );
  });
});
