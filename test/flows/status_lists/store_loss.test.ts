/** A node that was cut off from its store says so, instead of being believed; and recovers by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { proxyTo } from '../../storage/mongodb_proxy.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startTestServer } from '../../support/server.ts';
import { onMongo } from '../../support/stores.ts';
import { declaration, orders, serviceSecret } from './configuration.ts';
import { at, claimOf, fetchList, revokedAt } from './lists.ts';

const authorization = basic('service', serviceSecret);

await onMongo((stores) => {
  test('The status lists of a node without its store age, are then refused, and recover with the store', async (t) => {
    const url = await stores.freshUrl();
    const proxy = await proxyTo(url);
    t.after(() => proxy.close());
    const clock = createShiftedClock();
    const whole = await startTestServer({ store: url, declaration, clock });
    t.after(() => whole.close());
    const { issuer } = whole;
    const cutOff = await startTestServer({ store: proxy.url, declaration, clock, issuer });
    t.after(() => cutOff.close());
    const { body } = await postForm(
      `${whole.url}/token`,
      { grant_type: 'client_credentials', resource: orders },
      { authorization },
    );
    const token = String(body.access_token);
    const { uri, idx } = claimOf(token) ?? assert.fail();
    const before = (await fetchList(cutOff, uri)) ?? assert.fail();

    await proxy.cut();
    await postForm(`${whole.url}/revoke`, { token }, { authorization });
    await revokedAt(whole, token);
    clock.forward(20_000);
    const stale = (await fetchList(cutOff, uri)) ?? assert.fail();
    assert.equal(stale.statusAt(idx), 0, 'it cannot know');
    assert.ok(stale.payload.iat - before.payload.iat <= 10, 'and says up to when it knew');
    const current = (await fetchList(whole, uri)) ?? assert.fail();
    assert.ok(current.payload.iat >= stale.payload.iat + 10);
    // Nobody who waits hears that all is well.
    const waited = await fetch(at(cutOff, uri), {
      headers: { prefer: 'wait=1', 'if-none-match': stale.etag },
    });
    assert.ok([200, 304].includes(waited.status));
    assert.equal(waited.headers.get('etag'), stale.etag);
    await waited.text();

    clock.forward(31_000);
    const refused = await fetch(at(cutOff, uri));
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.equal(refused.headers.get('etag'), null);
    assert.doesNotMatch(await refused.text(), /mongo|ECONN|127\.0\.0\.1|\.ts:/i);

    await proxy.mend();
    for (;;) {
      const answer = await fetch(at(cutOff, uri));
      await answer.text();
      if (answer.status === 200) break;
      await sleep(50);
    }
    await revokedAt(cutOff, token);
    const recovered = (await fetchList(cutOff, uri)) ?? assert.fail();
    assert.ok(recovered.payload.iat > stale.payload.iat + 30);
  });
});
