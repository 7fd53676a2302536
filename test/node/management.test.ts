import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { createHealth } from '../../src/node/health.ts';
import { createManagement } from '../../src/node/management.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { createNodeMetrics } from '../../src/telemetry/node_metrics.ts';
import { createKeptLog } from '../support/site.ts';

async function startManagement(
  t: import('node:test').TestContext,
  ready: () => Promise<boolean>,
  metrics = () => createNodeMetrics().exposition(),
) {
  const { log, lines } = createKeptLog();
  const server = createServer(createManagement({ ready, metrics, log }).callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return { url: `http://127.0.0.1:${address.port}`, lines };
}

describe('Health checks', () => {
  test('Readiness follows the store as it is lost and comes back', async (t) => {
    let lost = false;
    const health = createHealth({
      store: {
        ping: async () => {
          if (lost) throw new StoreUnavailableError(new Error('down'));
        },
      },
    });
    const { url } = await startManagement(t, health.ready);
    const status = async () => (await fetch(`${url}/health/ready`)).status;
    assert.equal(await status(), 200);
    lost = true;
    assert.equal(await status(), 503);
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
    lost = false;
    assert.equal(await status(), 200);
    health.stopping();
    assert.equal(await status(), 503);
  });

  test('A hanging store makes the node not ready, and probes do not pile up on it', async () => {
    let asked = 0;
    const ping = () => {
      asked += 1;
      return new Promise<void>(() => {});
    };
    const health = createHealth({ store: { ping }, timeoutMs: 20 });
    assert.deepEqual(await Promise.all([health.ready(), health.ready()]), [false, false]);
    assert.equal(await health.ready(), false);
    assert.equal(asked, 1);
  });
});

describe('Management endpoints', () => {
  test('The management port answers only its own paths, and only GET and HEAD', async (t) => {
    const { url } = await startManagement(t, async () => true);
    for (const path of [
      '/',
      '/health',
      '/health/live/',
      '/constructor',
      '/__proto__',
      '//metrics',
    ]) {
      assert.equal((await fetch(url + path)).status, 404, path);
    }
    assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(`${url}/metrics`, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(`${url}/health/live?verbose`)).status, 200);
  });

  test('A failure is answered with a 500 that hides its cause and is logged under the request id', async (t) => {
    const { url, lines } = await startManagement(
      t,
      async () => true,
      async () => {
        throw new Error('SENTINEL');
      },
    );
    const response = await fetch(`${url}/metrics`);
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /SENTINEL/);
    assert.equal(lines[0]?.request_id, response.headers.get('x-request-id'));
  });
});
