import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refusalOf, setUp, until } from './support/verifying.ts';

const at = (idx: number, uri: string) => ({ status: { status_list: { uri, idx } } });

describe('Verification while the issuer is unreachable', { concurrency: true }, () => {
  type Issuer = Awaited<ReturnType<typeof setUp>>['issuer'];
  const ways: Record<string, [(issuer: Issuer) => unknown, (issuer: Issuer) => unknown]> = {
    'it is unreachable': [(issuer) => issuer.stop(), (issuer) => issuer.start()],
    'it accepts requests and never answers': [
      (issuer) => issuer.become('hang'),
      (issuer) => issuer.become('serve'),
    ],
    'it answers with errors': [
      (issuer) => issuer.become('fail'),
      (issuer) => issuer.become('serve'),
    ],
    'its node is cut off from the store': [(issuer) => issuer.freeze(), (issuer) => issuer.thaw()],
  };

  for (const [name, [lose, regain]] of Object.entries(ways)) {
    test(`The verifier continues, then refuses with 503, then recovers by itself when ${name}`, async (context) => {
      const { issuer, verifier, code, events } = await setUp(context, {
        max_staleness: 3,
        timeout: 0.5,
      });
      const live = await issuer.issue(at(1, issuer.firstList.uri));
      const revoked = await issuer.issue(at(2, issuer.firstList.uri));
      issuer.revoke(2);
      assert.equal(await code(live), 'ok');
      await lose(issuer);
      assert.equal(await code(live), 'ok');

      await until(() => code(live), 'status_unavailable');
      assert.equal(await code(revoked), 'revoked');
      const refusal = await refusalOf(verifier.verify(live));
      assert.equal(refusal.status, 503);
      assert.equal(refusal.wwwAuthenticate, undefined);
      assert.ok((refusal.retryAfter ?? 0) > 0);
      await until(() => verifier.metrics().blind, true);
      assert.ok(events.some((event) => event.type === 'blind' && event.source === 'status_list'));

      await regain(issuer);
      await until(() => code(live), 'ok');
      await until(() => verifier.metrics().blind, false);
      assert.ok(events.some(({ type }) => type === 'recovered'));
      issuer.revoke(1);
      await until(() => code(live), 'revoked');
    });
  }

  test('The when_blind option accepts tokens, says so and still refuses those known to be revoked', async (context) => {
    const { issuer, verifier, code } = await setUp(context, {
      max_staleness: 3,
      when_blind: 'accept',
    });
    const live = await issuer.issue(at(1, issuer.firstList.uri));
    const revoked = await issuer.issue(at(2, issuer.firstList.uri));
    issuer.revoke(2);
    assert.equal((await verifier.verify(live)).revocation, 'checked');
    await issuer.stop();
    await until(async () => (await verifier.verify(live)).revocation, 'unknown');
    assert.equal(await code(revoked), 'revoked');
    const unmet = await issuer.issue(at(1, `${issuer.issuer}/status-lists/unmet`));
    assert.equal((await verifier.verify(unmet)).revocation, 'unknown');
    assert.equal(await code(await issuer.issue({ exp: 1 })), 'expired');
    assert.ok(verifier.metrics().accepted_blind_total > 0);
    assert.equal(verifier.metrics().blind, true);
  });

  test('A token whose status list was never fetched is refused with 503', async (context) => {
    const { issuer, code } = await setUp(context);
    assert.equal(await code(await issuer.issue()), 'ok');
    await issuer.stop();
    const unmet = at(1, `${issuer.issuer}/status-lists/unmet`);
    assert.equal(await code(await issuer.issue(unmet)), 'status_unavailable');
  });

  for (const when of ['reject', 'accept'] as const) {
    test(`A verifier without signing keys accepts nothing and finds them later (${when})`, async (context) => {
      let open = false;
      const { issuer, code, verifier } = await setUp(context, {
        when_blind: when,
        fetch: (url, init) => (open ? fetch(url, init) : Promise.reject(new Error('no route'))),
      });
      const token = await issuer.issue();
      assert.equal(await code(token), 'keys_unavailable');
      await until(() => verifier.metrics().blind, true);
      open = true;
      await until(() => code(token), 'ok');
      await until(() => verifier.metrics().blind, false);
    });
  }

  test('A fetch that ignores its abort signal is abandoned all the same', async (context) => {
    const { issuer, code } = await setUp(context, {
      timeout: 0.5,
      fetch: (url, init) =>
        url.includes('/status-lists/') ? new Promise(() => undefined) : fetch(url, init),
    });
    assert.equal(await code(await issuer.issue()), 'status_unavailable');
  });

  test('An endless response is cut off', async (context) => {
    const { issuer, code } = await setUp(context, { timeout: 0.5 });
    issuer.serveInstead((response) => void response.write('eyJ'));
    assert.equal(await code(await issuer.issue()), 'status_unavailable');
  });

  test('A clock that is set back by an hour does not make old status lists look fresh', async (context) => {
    let shift = 0;
    const clock = { now: () => Date.now() + shift };
    const { issuer, code } = await setUp(context, { clock, max_staleness: 3 });
    const token = await issuer.issue({ iat: 1 });
    assert.equal(await code(token), 'ok');
    await issuer.stop();
    shift = -3_600_000;
    await until(async () => (await code(token)).endsWith('_unavailable'), true);
  });

  test('A closed verifier refuses tokens and makes no requests', async (context) => {
    const { issuer, verifier, code } = await setUp(context);
    const token = await issuer.issue();
    assert.equal(await code(token), 'ok');
    verifier.close();
    assert.equal(await code(token), 'closed');
    verifier.close();
  });
});
