import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createManagement } from '../../src/node/management.ts';
import { createHttpServer } from '../../src/node/ports.ts';
import { createNodeMetrics } from '../../src/telemetry/node_metrics.ts';
import { createKeptLog, headerOf, startSite } from '../support/site.ts';

/** A site whose answers wait for `release`. */
async function startSlowSite(t: import('node:test').TestContext, drain: number) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: running, resolve: begun } = Promise.withResolvers<void>();
  const site = await startSite(t, {
    timeouts: { drain },
    routes: (app) => {
      app.use(async (ctx) => {
        if (ctx.path === '/fast') {
          ctx.body = 'fast';
          return;
        }
        begun();
        await released;
        ctx.body = 'finished';
      });
    },
  });
  return { ...site, release, running };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('Graceful shutdown', () => {
  test('A running request completes with Connection: close before the server closes', async (t) => {
    const { port, server, release, running } = await startSlowSite(t, 60_000);
    const socket = connect(port, '127.0.0.1');
    const answer = text(socket);
    socket.write(get('/slow'));
    await running;
    const closed = server.close();
    release();
    await closed;
    const response = await answer;
    assert.match(response, /^HTTP\/1.1 200 OK[\s\S]*finished$/);
    assert.equal(headerOf(response, 'Connection'), 'close');
  });

  test('Idle connections are closed at once, including half-sent requests and silent ones', async (t) => {
    const { port, server, release, running } = await startSlowSite(t, 60_000);
    const sockets = ['', get('/fast'), 'GET / HT'].map((bytes) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(bytes);
      return socket;
    });
    const used = sockets[1];
    assert.ok(used);
    await once(used, 'data');
    connect(port, '127.0.0.1').write(get('/slow'));
    await running;
    const ends = sockets.map((socket) => once(socket.resume(), 'close'));
    const closed = server.close();
    // Before the running request is done.
    await Promise.all(ends);
    release();
    await closed;
  });

  test('New connections are refused while running requests complete', async (t) => {
    const { port, server, release, running } = await startSlowSite(t, 60_000);
    const socket = connect(port, '127.0.0.1');
    socket.resume().write(get('/slow'));
    await running;
    const closed = server.close();
    await assert.rejects(fetch(`http://127.0.0.1:${port}/fast`));
    release();
    await closed;
  });

  test('A request that exceeds the shutdown timeout is cut off, and closing still completes', async (t) => {
    const { port, server, running, lines } = await startSlowSite(t, 50);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume().write(get('/slow'));
    await running;
    await Promise.all([server.close(), once(socket, 'close')]);
    assert.ok(
      lines.some(({ level, msg }) => level === 'warn' && msg.startsWith('requests cut off')),
    );
  });

  test('Closing twice, or before listening, is harmless', async () => {
    const { log } = createKeptLog();
    const server = createHttpServer({
      app: { callback: () => (_req, res) => res.end() },
      settings: { host: '127.0.0.1', port: 0, managementPort: 0, managementHost: '127.0.0.1' },
      log,
    });
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });
});

describe('Public and management ports', () => {
  const app = {
    callback: () => (_req: unknown, res: import('node:http').ServerResponse) => res.end('public'),
  };
  const { log } = createKeptLog();
  const management = createManagement({
    ready: async () => true,
    metrics: () => createNodeMetrics().exposition(),
    log,
  });

  test('Management endpoints answer on the management port and not on the public one', async (t) => {
    const settings = { host: '127.0.0.1', port: 0, managementPort: 0, managementHost: '127.0.0.1' };
    const server = createHttpServer({ app, management, settings, log });
    t.after(() => server.close());
    const { port, managementPort } = await server.listen();
    assert.notEqual(port, managementPort);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(), 'public');
    assert.equal((await fetch(`http://127.0.0.1:${managementPort}/health/live`)).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${managementPort}/token`)).status, 404);
  });

  test('The management port stays on loopback, wherever the public port listens', async (t) => {
    const settings = { host: '127.0.0.2', port: 0, managementPort: 0 };
    const managementHost = '127.0.0.1';
    const server = createHttpServer({
      ...{ app, management, log },
      settings: { ...settings, managementHost },
    });
    t.after(() => server.close());
    const { managementPort } = await server.listen();
    await assert.rejects(fetch(`http://127.0.0.2:${managementPort}/metrics`));
    assert.equal((await fetch(`http://127.0.0.1:${managementPort}/metrics`)).status, 200);
  });

  test('A port in use is named with its variable, and the other port is released', async (t) => {
    const settings = { host: '127.0.0.1', port: 0, managementPort: 0, managementHost: '127.0.0.1' };
    const first = createHttpServer({ app, settings, log });
    t.after(() => first.close());
    const { port } = await first.listen();
    const second = createHttpServer({ app, management, settings: { ...settings, port }, log });
    await assert.rejects(second.listen(), {
      code: 'address_in_use',
      message: `127.0.0.1:${port} is already in use. Stop the program that uses it, or choose another port with CARDEA_PORT.`,
    });
    const third = createHttpServer({
      app,
      management,
      settings: { ...settings, managementPort: port },
      log,
    });
    await assert.rejects(third.listen(), /CARDEA_MANAGEMENT_PORT/);
  });

  test('An address that this machine does not have is reported as such', async () => {
    const settings = {
      host: '203.0.113.1',
      port: 0,
      managementPort: 0,
      managementHost: '127.0.0.1',
    };
    await assert.rejects(createHttpServer({ app, settings, log }).listen(), {
      code: 'cannot_listen',
      message: /EADDRNOTAVAIL/,
    });
  });
});
