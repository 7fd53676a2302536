import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createNodeMetrics } from '../../src/telemetry/node_metrics.ts';

const request = { route: 'token', method: 'POST', status: 200, aborted: false, seconds: 0.004 };

/** As it arrives at the primary: through JSON. */
async function sent(metrics: ReturnType<typeof createMetrics>) {
  return JSON.parse(JSON.stringify(await metrics.snapshot()));
}

async function expose(...workers: ReturnType<typeof createMetrics>[]) {
  const node = createNodeMetrics();
  for (const [index, worker] of workers.entries()) node.update(index, await sent(worker));
  return (await node.exposition()).body;
}

describe('Metrics', () => {
  test('Requests are counted by route, method and outcome, and timed by route', async () => {
    const metrics = createMetrics();
    metrics.observeRequest(request);
    metrics.observeRequest({ ...request, status: 302 });
    metrics.observeRequest({ ...request, status: 400 });
    metrics.observeRequest({ ...request, status: 503 });
    metrics.observeRequest({ ...request, aborted: true });
    const body = await expose(metrics);
    const counted = (outcome: string) =>
      `cardea_http_requests_total{route="token",method="POST",outcome="${outcome}"}`;
    assert.ok(body.includes(`${counted('ok')} 2`));
    assert.ok(body.includes(`${counted('client_error')} 1`));
    assert.ok(body.includes(`${counted('server_error')} 1`));
    assert.ok(body.includes(`${counted('aborted')} 1`));
    assert.match(body, /cardea_http_request_duration_seconds_bucket\{le="0.005",route="token"\} 5/);
  });

  test('Webhook deliveries and API key notices are counted', async () => {
    const metrics = createMetrics();
    metrics.countWebhook('delivered');
    metrics.countWebhook('dropped');
    metrics.countApiKeyNotice({ event: 'expiring' });
    metrics.countApiKeyNotice({ event: 'leaked', what: 'github' });
    metrics.countApiKeyNotice({ event: 'alert', what: 'rate_spike' });
    const body = await expose(metrics);
    for (const line of [
      'cardea_webhook_attempts_total{outcome="delivered"} 1',
      'cardea_webhook_attempts_total{outcome="dropped"} 1',
      'cardea_api_key_notices_total{event="expiring",what=""} 1',
      'cardea_api_key_notices_total{event="leaked",what="github"} 1',
      'cardea_api_key_notices_total{event="alert",what="rate_spike"} 1',
    ]) {
      assert.ok(body.includes(line), line);
    }
  });

  test('API key verdicts are read at each scrape, including those with a count of zero', async () => {
    const metrics = createMetrics();
    const verdicts = { valid: 0, expired: 0 };
    metrics.watchApiKeyVerdicts(() => verdicts);
    const counted = (outcome: string) => `cardea_api_key_verifications_total{outcome="${outcome}"}`;
    assert.ok((await expose(metrics)).includes(`${counted('valid')} 0`));
    for (const times of [3, 5]) {
      verdicts.valid = times;
      const body = await expose(metrics);
      assert.ok(body.includes(`${counted('valid')} ${times}`), body);
      assert.ok(body.includes(`${counted('expired')} 0`), body);
    }
  });

  test('Values that a client chooses create no time series', async () => {
    const metrics = createMetrics();
    for (const name of ['a', 'b', 'c"\n']) {
      metrics.countToken({ grantType: name, clientKind: 'public' });
      metrics.observeRequest({ ...request, method: name });
    }
    const body = await expose(metrics);
    assert.match(body, /cardea_tokens_issued_total\{grant_type="other",client="public"\} 3/);
    assert.match(body, /cardea_http_requests_total\{route="token",method="other",outcome="ok"\} 3/);
  });

  test('The store, password queue, key age and process are measured', async () => {
    const metrics = createMetrics();
    metrics.observeStore('artifacts.consume', 0.0004, false);
    metrics.observeStore('artifacts.consume', 2, true);
    metrics.watchPasswordQueue(() => ({ running: 2, waiting: 7 }));
    metrics.watchSigningKeyAge(() => 3600);
    const body = await expose(metrics);
    assert.match(body, /duration_seconds_count\{operation="artifacts.consume",outcome="ok"\} 1/);
    assert.match(
      body,
      /duration_seconds_count\{operation="artifacts.consume",outcome="failed"\} 1/,
    );
    assert.match(body, /cardea_password_hashing\{state="waiting"\} 7/);
    assert.match(body, /cardea_signing_key_age_seconds 3600/);
    assert.match(body, /nodejs_eventloop_lag_seconds/);
    assert.match(body, /process_resident_memory_bytes/);
  });

  test('Metrics are summed over workers, and the signing key age is the maximum', async () => {
    const workers = [1, 2].map((age) => {
      const metrics = createMetrics();
      metrics.observeRequest(request);
      metrics.watchPasswordQueue(() => ({ running: 1, waiting: age }));
      metrics.watchSigningKeyAge(() => age);
      return metrics;
    });
    const body = await expose(...workers);
    assert.match(body, /cardea_http_requests_total\{[^}]*\} 2/);
    assert.match(body, /cardea_password_hashing\{state="waiting"\} 3/);
    assert.match(body, /cardea_signing_key_age_seconds 2/);
  });

  test('Counters never decrease when a worker dies, and its gauges disappear', async () => {
    const node = createNodeMetrics();
    const count = async () =>
      Number(/cardea_http_requests_total\{[^}]*\} (\d+)/.exec((await node.exposition()).body)?.[1]);
    for (const worker of [1, 2, 3]) {
      const metrics = createMetrics();
      for (let n = 0; n < worker; n += 1) metrics.observeRequest(request);
      metrics.watchPasswordQueue(() => ({ running: 1, waiting: 0 }));
      node.update(worker, await sent(metrics));
    }
    assert.equal(await count(), 6);
    node.retire(2);
    node.retire(3);
    node.retire(3);
    assert.equal(await count(), 6);
    const { body } = await node.exposition();
    assert.match(body, /cardea_password_hashing\{state="running"\} 1/);
    assert.match(body, /cardea_http_request_duration_seconds_count\{route="token"\} 6/);
  });
});
