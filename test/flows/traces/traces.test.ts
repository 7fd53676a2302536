/** Traces: what the real program sends to a collector, what it never sends, and what it costs where there is none. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { freePort } from '../../../harness/free_port.ts';
import { type ProcessServer, startProcessServer } from '../../../harness/process_server.ts';
import { alice, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { startLocalSite } from '../../support/local_site.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { onSqlite } from '../../support/stores.ts';
import { type CollectedSpan, startCollector } from './collector.ts';
import { declaration, jobSecret, orders } from './configuration.ts';

const preload = new URL('./no_tracing.ts', import.meta.url).href;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const traceparent = (traceId: string, flags = '01') => `00-${traceId}-00f067aa0ba902b7-${flags}`;
const ids = {
  proxy: '4bf92f3577b34da6a3ce929d0e0e4736',
  stranger: '5bf92f3577b34da6a3ce929d0e0e4737',
  unsampled: '6bf92f3577b34da6a3ce929d0e0e4738',
};

/** 127.0.0.1 is the proxy of these nodes, 127.0.0.2 somebody else. */
async function askForToken(
  { url }: ProcessServer,
  fields: Record<string, string>,
  { from = '127.0.0.1', headers = {} }: { from?: string; headers?: Record<string, string> } = {},
): Promise<Record<string, unknown>> {
  const sent = request(`${url}/token`, {
    method: 'POST',
    localAddress: from,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  sent.end(String(new URLSearchParams({ grant_type: 'client_credentials', ...fields })));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return (await json(response)) as Record<string, unknown>;
}

const byJob = (headers: Record<string, string> = {}) => ({
  headers: { authorization: basic('job', jobSecret), ...headers },
});

onSqlite((stores) => {
  const keys = generateKeyPair('ES256');

  const assertionOf = async ({ issuer }: ProcessServer) =>
    new SignJWT({ iss: 'key-job', sub: 'key-job', aud: issuer, jti: 'the-id-of-the-assertion' })
      .setProtectedHeader({ alg: 'ES256', kid: 'job-1' })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign((await keys).privateKey);

  describe('Traces of a node with a collector', () => {
    let spans: CollectedSpan[] = [];
    let resources: CollectedSpan['attributes'][] = [];
    let payloads = '';
    let log = '';
    let fetchedWith: string | undefined;
    let headersSent: Record<string, unknown> = {};
    let path = '';
    const secrets: string[] = [];

    const rootOf = (name: string, traceId?: string) => {
      const found = spans.filter(
        (span) => span.name === name && span.kind === 2 && (!traceId || span.traceId === traceId),
      );
      assert.ok(found.length > 0, `a span ${name}`);
      return found;
    };
    const withinOf = (root: CollectedSpan) =>
      spans.filter(({ traceId, spanId }) => traceId === root.traceId && spanId !== root.spanId);

    before(async () => {
      const site = await startLocalSite();
      const jwk = { ...(await exportJWK((await keys).publicKey)), kid: 'job-1', alg: 'ES256' };
      site.serve('/jwks.json?account=of-the-client', { keys: [jwk] });
      const collector = await startCollector();
      const node = await startProcessServer({
        store: await stores.freshUrl(),
        declaration: declaration(site.url),
        trustedProxies: '127.0.0.1',
        workers: 2,
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=abc%2Cdef',
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.name=other',
          OTEL_SERVICE_NAME: 'sign-in',
          OTEL_TRACES_SAMPLER: '',
        },
      });
      const tokens = [
        await askForToken(node, {}, byJob({ traceparent: traceparent(ids.proxy) })),
        await askForToken(node, {}, byJob({ traceparent: traceparent(ids.unsampled, '00') })),
        await askForToken(
          node,
          {},
          { ...byJob({ traceparent: traceparent(ids.stranger) }), from: '127.0.0.2' },
        ),
        await askForToken(node, {
          client_assertion: await assertionOf(node),
          client_assertion_type: assertionType,
        }),
      ];
      for (const { access_token: token } of tokens) secrets.push(String(token));
      await askForToken(node, {}, { headers: { authorization: basic('job', 'a-wrong-secret') } });
      await askForToken(node, {}, { headers: { authorization: basic('nobody-known', 'x') } });

      const app = await createRelyingParty({ issuer: node.issuer, clientId: 'app' });
      const {
        tokens: signedIn,
        callback,
        agent,
      } = await app.signIn({
        parameters: { scope: 'openid profile email', login_hint: 'hinted@example.com' },
      });
      await fetch(`${node.issuer}/userinfo`, {
        headers: { authorization: `Bearer ${signedIn.access_token}` },
      });
      secrets.push(
        ...[signedIn.access_token, signedIn.id_token ?? '', signedIn.claims()?.sub ?? ''],
        ...[callback.searchParams.get('code') ?? '', callback.searchParams.get('state') ?? ''],
        ...agent.cookies().map(({ value }) => value),
      );
      const wrong = { person: { username: 'mallory@example.com', password: 'guessed-at-random' } };
      const query = new URLSearchParams({
        ...{ client_id: 'app', response_type: 'code', redirect_uri: callbackUri, scope: 'openid' },
        ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
      });
      await walkToClient(
        createUserAgent(),
        `${node.issuer}/authorize?${query}`,
        callbackUri,
        wrong,
      ).catch(() => undefined);

      // What is still in the queue of a worker is sent before it ends.
      assert.equal(await node.stop(), 0);
      spans = collector.spans();
      resources = collector.resources();
      payloads = collector.received.map(({ body }) => String(body)).join('\n');
      headersSent = collector.received[0]?.headers ?? {};
      path = collector.received[0]?.path ?? '';
      log = node.output();
      fetchedWith = site.received
        .map(({ headers }) => headers.traceparent)
        .find((header) => header !== undefined) as string | undefined;
      await collector.close();
      await site.close();
    });

    test('The collector gets OTLP at /v1/traces, with the configured headers and resource', () => {
      assert.equal(path, '/v1/traces');
      assert.equal(headersSent['x-collector-key'], 'abc,def');
      for (const resource of resources) {
        assert.equal(resource['service.name'], 'sign-in');
        assert.equal(resource['deployment.environment.name'], 'staging');
        assert.ok(resource['service.version']);
      }
    });

    test('A request continues the trace that a trusted proxy names', () => {
      const [root] = rootOf('POST /token', ids.proxy);
      assert.equal(root?.parentSpanId, '00f067aa0ba902b7');
      assert.equal(root?.attributes['http.route'], '/token');
      assert.equal(root?.attributes['http.response.status_code'], 200);
      assert.equal(root?.attributes['cardea.client_id'], 'job');
      assert.equal(root?.attributes['cardea.grant_type'], 'client_credentials');
    });

    test('A request that a trusted proxy does not sample is not sent', () => {
      assert.deepEqual(
        spans.filter(({ traceId }) => traceId === ids.unsampled),
        [],
      );
    });

    test("A stranger's trace is not continued, only linked to", () => {
      assert.deepEqual(
        spans.filter(({ traceId }) => traceId === ids.stranger),
        [],
      );
      const linked = rootOf('POST /token').filter(({ links }) =>
        links?.some(({ traceId }) => traceId === ids.stranger),
      );
      assert.equal(linked.length, 1);
      assert.ok(!linked[0]?.parentSpanId);
    });

    test('Store operations, password checks, and the engine hang below their request', () => {
      const names = new Set<string>();
      for (const root of spans.filter(({ kind }) => kind === 2)) {
        const known = new Set([root, ...withinOf(root)].map(({ spanId }) => spanId));
        for (const span of withinOf(root)) {
          names.add(span.name);
          assert.ok(known.has(span.parentSpanId ?? ''), `${span.name} has its parent`);
        }
      }
      for (const name of ['password.match', 'engine', 'users.findByName', 'artifacts.consume']) {
        assert.ok(names.has(name), `${name} of ${[...names]}`);
      }
      const operation = spans.find(({ name }) => name === 'artifacts.consume');
      assert.equal(operation?.attributes['db.system.name'], 'sqlite');
      assert.ok(!spans.some(({ kind, parentSpanId }) => kind === 1 && !parentSpanId));
    });

    test('An outbound request carries the trace on, and its span names the host only', () => {
      const span = spans.find(({ attributes }) => attributes['server.address'] === '127.0.0.1');
      assert.equal(span?.name, 'GET');
      assert.equal(span?.kind, 3);
      assert.equal(span?.attributes['http.response.status_code'], 200);
      assert.equal(fetchedWith, `00-${span?.traceId}-${span?.spanId}-01`);
      const [root] = rootOf('POST /token', span?.traceId);
      assert.equal(root?.attributes['cardea.client_id'], 'key-job');
    });

    test('A refusal is told by its code, and is no failure', () => {
      const refused = rootOf('POST /token').filter(
        ({ attributes }) => attributes['error.type'] === 'invalid_client',
      );
      assert.equal(refused.length, 2);
      for (const { status } of refused) assert.ok(!status?.code);
    });

    test('Lines of the log name the trace of their request', () => {
      const [root] = rootOf('POST /token', ids.proxy);
      const lines = log.split('\n').filter((line) => line.includes(`"trace_id":"${ids.proxy}"`));
      assert.equal(lines.length, 1);
      assert.ok(lines[0]?.includes(String(root?.attributes['cardea.request_id'])));
    });

    test('No secret, no personal datum and no text of a stranger is in anything that was sent', () => {
      assert.ok(secrets.length > 8);
      const personal = [
        ...[...Object.values(alice), 'Alice Adams', 'alice@example.com', 'hinted@example.com'],
        ...['mallory', 'guessed-at-random', 'nobody-known', jobSecret, 'a-wrong-secret'],
        ...['127.0.0.2', 'of-the-client', 'jwks.json', 'the-id-of-the-assertion', callbackUri],
        ...['"exception', 'stack', 'url.', 'client.address', 'user_agent', orders],
      ];
      for (const value of [...secrets, ...personal]) {
        assert.ok(value.length > 1);
        assert.ok(!payloads.includes(value), `${value} was sent`);
      }
    });
  });

  describe('Traces of other nodes', () => {
    const start = async (environment: Record<string, string>) =>
      startProcessServer({
        ...{ store: await stores.freshUrl(), environment },
        declaration: declaration('http://127.0.0.1:9'),
      });

    test('A node without an endpoint loads nothing of the SDK', async () => {
      const flags = ['--import', preload, '--eval'];
      const loading = spawnSync(process.execPath, [...flags, 'import("@opentelemetry/sdk-trace")']);
      assert.match(String(loading.stderr), /sdk-trace was imported/);

      const node = await start({ NODE_OPTIONS: `--import=${preload}` });
      assert.ok((await askForToken(node, {}, byJob())).access_token);
      assert.equal(await node.stop(), 0);
      assert.ok(!node.output().includes('trace_id'));
    });

    test('A node whose collector is gone answers and stops as ever, and says so once', async () => {
      const node = await start({
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${await freePort()}/traces`,
      });
      for (let count = 0; count < 20; count += 1) {
        assert.ok((await askForToken(node, {}, byJob())).access_token);
      }
      assert.equal(await node.stop(), 0);
      assert.equal(node.output().match(/traces could not be sent/g)?.length, 1);
    });
  });
});
