/**
 * A consent is of the person who gave it: where somebody else signs in before its request is answered, they are asked
 * themselves, and nothing of the first one's goes on with them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alice, bob } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration } from './configuration.ts';
import { eachTarget } from './target.ts';

const acr_of_roles = { admin: 'mfa' };

await eachTarget({ ...declaration, sign_in: { acr_of_roles } }, (target) => {
  test('Whoever signs in after another has consented is asked for their own consent, and is signed in', async () => {
    const agent = createUserAgent();
    const { issuer } = target();
    const request = authorizeUrl(issuer, { client_id: 'asking-app', scope: 'openid profile' });
    const signIn = await agent.open(request);
    const hers = await agent.submit(signIn, { action: /sign-in$/, fields: alice });
    assert.match(hers.html, /Alice Adams/);
    // Between the question and the answer, so that the consent is kept for when she has signed in anew.
    await target().changeUser('alice', { roles: ['admin'] });
    const consented = { action: /consent$/, stopAt: callback };
    const more = await agent.submit(hers, consented);
    assert.ok(!more.url.startsWith(callback), more.url);
    const other = await agent.submit(more, { action: /switch$/, fields: { account: 'other' } });
    const his = await agent.submit(other, { action: /sign-in$/, fields: bob, stopAt: callback });
    assert.match(his.html, /Bob Brown/);
    assert.doesNotMatch(his.html, /Alice Adams/);
    const done = await agent.submit(his, consented);
    assert.ok(new URL(done.url).searchParams.get('code'), done.url);
  });
});
