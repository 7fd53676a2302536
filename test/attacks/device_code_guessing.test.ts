/** Guessing a device's user code (RFC 8628 section 5.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUserAgent } from '../../harness/user_agent.ts';
import { sqliteServer } from '../support/flows.ts';

const limit = 5;

sqliteServer({ declaration: { sign_in: { attempts_per_address: `${limit}/15m` } } }, (server) => {
  test('One address cannot try more user codes than its limit, and learns when to retry', async () => {
    const agent = createUserAgent();
    const form = await agent.open(`${server().issuer}/device`);
    const guess = () =>
      agent.submit(form, { action: /\/device$/, fields: { user_code: 'BBBBCCCC' } });
    for (let attempt = 0; attempt < limit; attempt += 1) {
      const { status } = await guess();
      assert.notEqual(status, 429);
    }
    const refused = await guess();
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.match(refused.headers.get('content-type') ?? '', /^text\/html/);
    // There is no other way to the same form.
    for (const path of ['/device/', '/DEVICE', '/Device/']) {
      const html = form.html.replaceAll('/device"', `${path}"`);
      const fields = { user_code: 'BBBBCCCC' };
      const page = await agent.submit({ ...form, html }, { action: /\/device\/?$/i, fields });
      assert.equal(new URL(page.url).pathname, path);
      assert.equal(page.status, 404, path);
    }
  });
});
