/**
 * A thief who holds a copy of a session's cookie and never stops using it: the session ends nevertheless when
 * the person signs out, or when the person's sessions are revoked (as a change of the password does).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bob, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf } from '../../harness/user_agent.ts';
import { postForm } from '../support/flows.ts';
import { authorizeUrl, verifier } from './authorization.ts';
import { callback, declaration } from './configuration.ts';
import { eachTarget, type Target } from './target.ts';

const rounds = 4;
/** Requests that are always under way. */
const crowd = 8;

/** Asks for codes with this cookie without a pause; `stop` answers those that came. Begins with the first. */
async function hammer({ issuer }: Target, cookie: string) {
  const codes: string[] = [];
  let stopped = false;
  const ask = async () => {
    const url = authorizeUrl(issuer, { prompt: 'none' });
    const answer = await fetch(url, { headers: { cookie }, redirect: 'manual' });
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code');
    if (code) codes.push(code);
    return code;
  };
  const loops = Array.from({ length: crowd }, async () => {
    while (!stopped) await ask();
  });
  while (codes.length < crowd) await sleep(5);
  return {
    ask,
    async stop() {
      stopped = true;
      await Promise.all(loops);
      return codes;
    },
  };
}

await eachTarget(declaration, (target) => {
  const signIn = async () => {
    const agent = createUserAgent();
    await walkToClient(agent, authorizeUrl(target().issuer), callback);
    return agent;
  };
  const redeem = (code: string) =>
    postForm(`${target().issuer}/token`, {
      grant_type: 'authorization_code',
      client_id: 'app',
      code,
      code_verifier: verifier,
      redirect_uri: callback,
    });

  test('A session ends at sign-out and cannot be used again', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const agent = await signIn();
      const page = await agent.open(`${target().issuer}/logout`);
      const [form] = formsOf(page.html);
      const cookie = agent
        .cookies()
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      const thief = await hammer(target(), cookie);
      const signedOut = await fetch(new URL(form?.action ?? '', target().issuer), {
        method: 'POST',
        headers: { cookie, origin: target().issuer },
        body: new URLSearchParams([...(form?.fields ?? []), ['logout', 'yes']]),
        redirect: 'manual',
      });
      assert.equal(signedOut.status, 303);
      const codes = await thief.stop();
      assert.equal(await thief.ask(), null);
      assert.equal((await redeem(codes.at(-1) ?? '')).body.error, 'invalid_grant');
    }
  });

  test("A session and its authorization codes end when the user's sessions are revoked", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const agent = await signIn();
      const cookie = agent
        .cookies()
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      const thief = await hammer(target(), cookie);
      await target().revokeUser('alice');
      const codes = await thief.stop();
      assert.equal(await thief.ask(), null);
      for (const code of codes.slice(-crowd)) {
        assert.equal((await redeem(code)).body.error, 'invalid_grant');
      }
      // A sign-in counts by the second: one in this second would be from before.
      await sleep(1000);
    }
  });

  test('An account that waits in a browser, unused, ends with all that its user has', async () => {
    const select = authorizeUrl(target().issuer, { prompt: 'select_account' });
    const agent = await signIn();
    const other = { action: /switch$/, fields: { account: 'other' } };
    const page = await agent.submit(await agent.open(select), other);
    await agent.submit(page, { action: /sign-in$/, fields: bob, stopAt: callback });
    const shown = await agent.open(select);
    assert.match(shown.html, /Alice Adams/);
    const [, account = ''] =
      /value="([\w-]{43})"[^>]*>(?:(?!<\/button>).)*Alice/s.exec(shown.html) ?? [];
    await target().revokeUser('alice');
    // On the page that was open, and on one that is shown after it.
    const chosen = await agent.submit(shown, {
      ...{ action: /account$/, fields: { account }, stopAt: callback },
    });
    assert.ok(!chosen.url.startsWith(callback), chosen.url);
    const again = await agent.open(select, { stopAt: callback });
    assert.doesNotMatch(again.html, /Alice Adams/);
    const silent = await agent.open(authorizeUrl(target().issuer, { prompt: 'none' }), {
      stopAt: callback,
    });
    assert.ok(silent.url.startsWith(callback));
  });
});
