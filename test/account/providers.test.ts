/** Accounts at other providers among the ways to sign in: connected by their owner only, and taken away again. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { alice, bob } from '../../harness/sign_in.ts';
import type { Page, UserAgent } from '../../harness/user_agent.ts';
import {
  alertOf,
  eachPair,
  type Pair,
  password,
  signInWith,
} from '../flows/identity_providers/scene.ts';
import { until } from '../support/site.ts';
import { type SiteVisitor, visitorsOf } from '../support/site_visitors.ts';
import { textOf } from './scene.ts';

const { createVisitor, signIn } = visitorsOf('/account');

const theirs = ['carol', 'dora', 'erin'].map((username) => ({ username }));
const ours = [{ ...alice }, { ...bob }];

/** The page that leads to the provider. */
async function leave({ open, send }: SiteVisitor): Promise<string> {
  const page = await send(await open('/ways/providers/staff'), /\/providers\/staff$/);
  const [, url = ''] = /^0;url=(.*)$/.exec(page.headers.get('refresh') ?? '') ?? [];
  assert.ok(url, page.html);
  return url;
}

/** Signs in there; `stopAt`: short of what comes next. */
async function signInThere(agent: UserAgent, url: string, who: string, stopAt?: string) {
  const page = await agent.open(url);
  const fields = { username: who, password };
  return agent.submit(page, { action: /\/sign-in$/, fields, ...(stopAt && { stopAt }) });
}

async function connect(visitor: SiteVisitor, who: string): Promise<Page> {
  const page = await signInThere(visitor.agent, await leave(visitor), who);
  assert.match(page.url, /\/account\/ways\/connect$/);
  assert.match(page.html, new RegExp(who));
  return visitor.send(page, /\/ways\/connect$/);
}

const identityPath = ({ html }: Page) =>
  /href="[^"]*\/account(\/ways\/identities\/[^"]+)"/.exec(html)?.[1] ?? assert.fail('none');

await eachPair({ theirs, ours, provider: { new_people: 'refuse' } }, (pair) => {
  const visitorOf = (person: typeof alice) => createVisitor(pair().here.issuer, person);

  test('A person connects an account at a provider, signs in with it, and disconnects it', async () => {
    const visitor = await visitorOf(alice);
    const connected = await connect(visitor, 'carol');
    assert.match(connected.html, /Staff is connected/);
    const { claims } = await signInWith(pair(), { there: 'carol' });
    assert.equal(claims?.preferred_username, 'alice');
    const path = identityPath(await visitor.open('/ways'));
    const gone = await visitor.send(await visitor.open(path), /\/remove$/);
    assert.match(gone.html, /Staff is disconnected/);
    const { page } = await signInWith(pair(), { there: 'carol' });
    assert.match(alertOf(page), /There is no account here/);
  });

  test('An account at a provider belongs to one account here', async () => {
    await connect(await visitorOf(alice), 'dora');
    const page = await connect(await visitorOf(bob), 'dora');
    assert.match(page.html, /to another account here/);
    assert.equal((await signInWith(pair(), { there: 'dora' })).claims?.preferred_username, 'alice');
  });

  test('What somebody has proven at a provider is connected in no other browser and to no other account', async () => {
    const [attacker, victim] = [await visitorOf(alice), await visitorOf(bob)];
    const stopAt = `${pair().here.issuer}/sign-in-with/`;
    const callback = await signInThere(attacker.agent, await leave(attacker), 'erin', stopAt);
    assert.equal((await victim.agent.open(callback.url)).status, 400);
    // Nor where the victim is on the way there.
    await leave(victim);
    assert.equal((await victim.agent.open(callback.url)).status, 400);
    assert.match((await victim.open('/ways/connect')).url, /\/account\/ways$/);
    // A sign-in that ends is none of a session that has begun meanwhile.
    await attacker.send(await attacker.open(''), /\/sign-out$/);
    const page = await signIn(attacker.agent, await attacker.agent.open(callback.url), bob);
    assert.match(page.url, /\/account\/ways$/);
    assert.doesNotMatch(page.html, /erin/);
  });

  test('What nobody has proven cannot be connected', async () => {
    const visitor = await visitorOf(bob);
    const page = await signInThere(visitor.agent, await leave(visitor), 'erin');
    await visitor.send(page, /\/ways\/connect$/);
    const again = await visitor.send(page, /\/ways\/connect$/);
    assert.match(again.html, /took too long/);
  });
});

const isOwner = async (pair: Pair) => {
  const { claims, agent } = await signInWith(pair, { there: 'carol' });
  return { agent, name: claims?.preferred_username };
};

await eachPair({ theirs }, (pair) => {
  test('What a provider caused is under its name among the activity', async () => {
    const { agent } = await isOwner(pair());
    const page = await until(async () => {
      const found = await agent.open(`${pair().here.issuer}/account/activity`);
      return /Your account was created/.test(found.html) && found;
    });
    const text = textOf(page.html);
    assert.match(text, /Your account was created By sign-in with Staff/);
    assert.match(text, /A way to sign in was added Staff/);
    assert.doesNotMatch(text, /people who run/);
  });

  test('The last way in cannot be removed', async () => {
    const { agent, name } = await isOwner(pair());
    assert.equal(name, 'carol');
    const open = (path: string) => agent.open(`${pair().here.issuer}/account${path}`);
    const path = identityPath(await open('/ways'));
    const kept = await agent.submit(await open(path), { action: /\/remove$/ });
    assert.match(kept.html, /your only way to sign in/);
    const [, icon] =
      /class="notice flash flash-warning"[^>]*>(<svg.*?<\/svg>)/.exec(kept.html) ?? [];
    assert.equal(
      icon,
      await readFile('views/parts/icons/alert.eta', 'utf8').then((of) => of.trim()),
    );
    assert.equal((await isOwner(pair())).name, 'carol');
  });
});
