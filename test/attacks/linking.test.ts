/**
 * Taking over an account by what is signed in with: in each published shape. An account belongs to issuer and subject;
 * whoever only knows, has, or says to have its address gets nothing.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createUserAgent, formsOf, type Page } from '../../harness/user_agent.ts';
import { type AuthenticatorsRecord, identityKey } from '../../src/storage/authenticators.ts';
import { openStore } from '../../src/storage/open.ts';
import type { UserRecord } from '../../src/storage/users.ts';
import {
  alertOf,
  appClient,
  eachPair,
  openCallback,
  password,
  signInWith,
  untilCallback,
} from '../flows/identity_providers/scene.ts';
import { beginSignIn, newApp, walk } from '../flows/second_factor/walk.ts';
import { callbackUri } from '../support/relying_party.ts';
import type { TestServer } from '../support/server.ts';

const asksForPassword = ({ html }: Page) =>
  formsOf(html).some(({ action }) => action.endsWith('/sign-in'));
const isSignedIn = ({ url }: Page) => url.startsWith(`${callbackUri}?code=`);

/** `subject`: the same at every provider here. */
const theirs = [
  ['victim', 'victim@mail.example', true],
  ['owner', 'owner@mail.example', true],
  ['liar', 'owner@mail.example.invalid', false],
  ['mover', 'mover@mail.example', true],
  ['twin', 'twin@mail.example', true],
  ['crowd', 'crowd@mail.example', true],
  ['eve', 'eve@mail.example', true],
  ['pia', 'pia@mail.example', true],
  ['secured', 'secured@mail.example', true],
].map(([username, email, isVerified]) => ({
  ...{ username, email, email_verified: isVerified, subject: `subject-of-${username}` },
}));

/** The address of `owner` is verified here, that of `squatter` is not. */
const ours = [
  { username: 'owner-here', email: 'owner@mail.example', email_verified: true },
  { username: 'squatter', email: 'victim@mail.example', email_verified: false },
  { username: 'bystander', email: 'bystander@mail.example', email_verified: true },
  { username: 'secured', email: 'secured@mail.example', email_verified: true },
  { username: 'heir', email: 'heir@mail.example', email_verified: true },
];

/** One client more, which wants a second factor. */
const declaration = { clients: [appClient, { ...appClient, client_id: 'bank', acr: 'mfa' }] };

async function storedIn(server: TestServer): Promise<{
  userNamed(username: string): Promise<UserRecord | undefined>;
  ownerOf(subject: string, issuer: string): Promise<AuthenticatorsRecord | undefined>;
  rename(username: string, email: string): Promise<void>;
  countOf(text: string): Promise<number>;
}> {
  const store = await openStore({ url: server.store });
  const closing =
    <A extends unknown[], T>(read: (...given: A) => Promise<T>) =>
    (...given: A) =>
      read(...given).finally(() => store.close());
  return {
    userNamed: closing((username) => store.users.findByUsername(username)),
    ownerOf: closing((subject, issuer) =>
      store.authenticators.findByKey(identityKey({ subject, issuer })),
    ),
    rename: closing(async (username, email) => {
      const user = (await store.users.findByUsername(username)) ?? assert.fail();
      await store.users.update({ ...user, email, version: user.version + 1 });
    }),
    countOf: closing(async (text) => {
      const { items } = await store.users.list({ limit: 100, text } as never);
      return items.length;
    }),
  };
}

describe('Accounts that are known by issuer and subject', () => {
  return eachPair({ theirs, ours, hasOther: true, declaration }, (pair) => {
    test('An account that somebody registered with the address of another is not merged with the owner (pre-hijacking)', async () => {
      const { claims } = await signInWith(pair(), { there: 'victim' });
      assert.ok(claims);
      const squatter = await (await storedIn(pair().here)).userNamed('squatter');
      assert.notEqual(claims.sub, squatter?.id);
      // Nor has the owner's account the address as long as somebody else has it.
      assert.equal(claims.email, undefined);
    });

    test('The same verified address does not merge accounts: the old one is asked for its password', async () => {
      const { page } = await signInWith(pair(), { there: 'owner' });
      assert.ok(asksForPassword(page));
      assert.match(alertOf(page), /There is an account with this address already/);
      const identity = await (await storedIn(pair().here)).ownerOf(
        'subject-of-owner',
        pair().upstream.issuer,
      );
      assert.equal(identity, undefined);
    });

    test('Whoever signs in to another account meanwhile has nothing connected', async () => {
      const { page, claims } = await signInWith(pair(), {
        ...{ there: 'owner', here: { username: 'bystander', password } },
      });
      assert.ok(isSignedIn(page));
      const bystander = await (await storedIn(pair().here)).userNamed('bystander');
      assert.equal(claims?.sub, bystander?.id);
      const { issuer } = pair().upstream;
      assert.equal(
        await (await storedIn(pair().here)).ownerOf('subject-of-owner', issuer),
        undefined,
      );
    });

    test('Whoever proves the account has it connected, and is signed in to it from then on', async () => {
      const proven = await signInWith(pair(), {
        ...{ there: 'owner', here: { username: 'owner@mail.example', password } },
      });
      const owner = await (await storedIn(pair().here)).userNamed('owner-here');
      assert.equal(proven.claims?.sub, owner?.id);
      const again = await signInWith(pair(), { there: 'owner' });
      assert.equal(again.claims?.sub, owner?.id);
    });

    test('An address that the provider has not verified opens nothing, and tells nothing', async () => {
      const rename = (await storedIn(pair().upstream)).rename;
      await rename('liar', 'bystander@mail.example');
      const { claims } = await signInWith(pair(), { there: 'liar' });
      assert.ok(claims);
      assert.equal(claims.email, undefined);
      const bystander = await (await storedIn(pair().here)).userNamed('bystander');
      assert.notEqual(claims.sub, bystander?.id);
    });

    test('An address that changes later leads to the same account, and never to that of its new owner', async () => {
      const before = await signInWith(pair(), { there: 'mover' });
      await (await storedIn(pair().upstream)).rename('mover', 'heir@mail.example');
      const after = await signInWith(pair(), { there: 'mover' });
      assert.ok(after.claims);
      assert.equal(after.claims.sub, before.claims?.sub);
      assert.equal(after.claims.email, 'mover@mail.example');
    });

    test('Whoever has no password proves the account by the provider that opens it', async () => {
      const first = await signInWith(pair(), { there: 'pia', provider: 'other' });
      const { page, agent } = await signInWith(pair(), { there: 'pia' });
      assert.match(alertOf(page), /There is an account with this address already/);
      const there = await agent.submit(page, {
        ...{ action: /\/provider$/, fields: { provider: 'other' } },
      });
      const done = await agent.submit(there, {
        ...{ action: /\/sign-in$/, fields: { username: 'pia', password }, stopAt: callbackUri },
      });
      assert.ok(isSignedIn(done));
      const linked = await signInWith(pair(), { there: 'pia' });
      assert.equal(linked.claims?.sub, first.claims?.sub);
    });

    test('A response that is opened in another browser signs nobody in there (login CSRF, cross-browser proof)', async () => {
      const { callback, agent } = await untilCallback(pair(), { there: 'eve' });
      const stranger = createUserAgent();
      assert.equal((await openCallback(stranger, callback)).status, 400);
      // Nor in one that is on the way there itself.
      const victim = await untilCallback(pair(), { there: 'victim' });
      assert.equal((await openCallback(victim.agent, callback)).status, 400);
      // It was not spent by that: it is of use where it belongs.
      assert.ok(isSignedIn(await openCallback(agent, callback)));
    });

    test('A response is of use once', async () => {
      const { callback, agent } = await untilCallback(pair(), { there: 'eve' });
      assert.ok(isSignedIn(await openCallback(agent, callback)));
      // Nothing is asked of the provider, and no page of the sign-in is reached.
      const stopAt = `${pair().here.issuer}/interaction/`;
      const again = await agent.open(callback.href, { stopAt });
      assert.equal(again.status, 400);
      assert.equal(again.url, callback.href);
    });

    test('The code of one sign-in with the state of another proves nobody', async () => {
      const first = await untilCallback(pair(), { there: 'eve' });
      const second = await untilCallback(pair(), { agent: first.agent });
      const swapped = new URL(second.callback);
      swapped.searchParams.set('code', first.callback.searchParams.get('code') ?? '');
      const page = await openCallback(first.agent, swapped);
      assert.match(alertOf(page), /does not prove who you are.*Reference:/);
    });

    test('A response without its state, or with one that was never given out, is nobody’s', async () => {
      const { callback, agent } = await untilCallback(pair(), { there: 'eve' });
      for (const state of ['', 'x'.repeat(43)]) {
        const other = new URL(callback);
        other.searchParams.set('state', state);
        assert.equal((await openCallback(agent, other)).status, 400);
      }
    });

    test('A response that names another issuer proves nobody (RFC 9207)', async () => {
      const { callback, agent } = await untilCallback(pair(), { there: 'eve' });
      callback.searchParams.set('iss', 'https://accounts.evil.example');
      assert.match(alertOf(await openCallback(agent, callback)), /does not prove who you are/);
    });

    test('A response of one provider is not taken at the address of another (mix-up)', async () => {
      const { callback, agent } = await untilCallback(pair(), { there: 'eve' });
      const other = new URL(callback);
      other.pathname = other.pathname.replace('staff', 'other');
      assert.equal((await openCallback(agent, other)).status, 400);
      assert.ok(isSignedIn(await openCallback(agent, callback)));
    });

    test('The same subject at another issuer is somebody else', async () => {
      const first = await signInWith(pair(), { there: 'twin' });
      await (await storedIn(pair().other ?? assert.fail())).rename(
        'twin',
        'other-twin@mail.example',
      );
      const second = await signInWith(pair(), { there: 'twin', provider: 'other' });
      assert.ok(first.claims && second.claims);
      assert.notEqual(second.claims.sub, first.claims.sub);
    });

    test('Whoever has a second factor proves it, too, before anything is connected, also in a browser that is trusted', async () => {
      const [agent, own] = [createUserAgent(), newApp()];
      const secured = { username: 'secured', password };
      // The app of a client that wants a second factor, and a browser that is trusted from then on.
      for (const trust of [false, true]) {
        const { url } = await beginSignIn(pair().here.issuer, 'bank');
        const at = trust ? agent : createUserAgent();
        assert.ok(isSignedIn(await walk(at, url, own, { person: secured, trust })));
      }
      const { issuer } = pair().upstream;
      const connected = async () =>
        (await storedIn(pair().here)).ownerOf('subject-of-secured', issuer);
      const { page } = await signInWith(pair(), {
        ...{ there: 'secured', here: { username: 'secured', password }, agent },
        parameters: { prompt: 'login' },
      });
      assert.ok(formsOf(page.html).some(({ action }) => action.endsWith('/second-factor')));
      assert.equal(await connected(), undefined);
      // The app has no further code for half a minute.
      const fields = { code: own.recoveryCodes[0] ?? '', method: 'recovery_code' };
      const done = await agent.submit(page, {
        ...{ action: /\/second-factor$/, fields, stopAt: callbackUri },
      });
      assert.ok(isSignedIn(done));
      assert.equal((await connected())?.identities.length, 1);
    });

    test('Many who come for the first time at once with one identity are one account', async () => {
      const many = await Promise.all(
        Array.from({ length: 6 }, () => untilCallback(pair(), { there: 'crowd' })),
      );
      const pages = await Promise.all(
        many.map(({ agent, callback }) => openCallback(agent, callback)),
      );
      const claims = await Promise.all(
        many.map(({ redeem }, index) => redeem(pages[index] as Page)),
      );
      assert.equal(new Set(claims.map((one) => one?.sub)).size, 1);
      assert.equal(await (await storedIn(pair().here)).countOf('crowd'), 1);
    });
  });
});
