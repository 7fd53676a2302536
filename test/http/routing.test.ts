import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestState } from '../../src/http/request_state.ts';
import { createRouteFinder } from '../../src/http/routing/find_route.ts';
import { passingRoute, startSite } from '../support/site.ts';

const table = [
  passingRoute({ path: '/token', methods: ['POST'], name: 'token', errors: 'oauth', hot: true }),
  passingRoute({ path: '/.well-known/oauth-authorization-server', name: 'discovery' }),
  passingRoute({ path: '/things/:id', methods: ['GET'], name: 'thing', errors: 'problem' }),
  passingRoute({ path: '/things/:id', methods: ['DELETE'], name: 'thing_deletion' }),
  passingRoute({ path: '/files/*file', name: 'file' }),
  passingRoute({ path: '/asked/{*below}', name: 'asked', methods: 'any' }),
];

describe('Route matching', () => {
  const find = createRouteFinder({ routes: table, basePath: '' });

  test('A route is found by path and method, and its parameters are passed as sent', () => {
    const thing = find('/things/a%2Fb', 'GET');
    assert.equal(thing.name, 'thing');
    assert.deepEqual(thing.params, { id: 'a%2Fb' });
    assert.equal(find('/things/x', 'DELETE').name, 'thing_deletion');
    assert.equal(find('/things/x', 'HEAD').name, 'thing');
    assert.deepEqual(find('/files/a/b.css', 'GET').params, { file: 'a/b.css' });
    assert.deepEqual(find('/asked/', 'PURGE').params, { below: '' });
    assert.deepEqual(find('/asked/a//b/', 'PURGE').params, { below: 'a//b/' });
  });

  test('A path has one spelling only', () => {
    const misspelt = [
      '/Token',
      '/token/',
      '//token',
      '/things/',
      '/things/x/',
      '/files/',
      '/asked',
    ];
    for (const path of ['', '/', '*', ...misspelt]) {
      const match = find(path, 'POST');
      assert.deepEqual([match.name, match.route], ['unmatched', undefined], path);
    }
  });

  test('An unknown path is answered in the error format of the paths with the same prefix', () => {
    assert.equal(find('/token/other', 'GET').errors, 'oauth');
    assert.equal(find('/other', 'GET').errors, 'page');
  });

  test('Beneath an issuer with a path nothing outside of it is found but its metadata', () => {
    const beneath = createRouteFinder({ routes: table, basePath: '/tenant' });
    assert.equal(beneath('/tenant/token', 'POST').path, '/token');
    assert.equal(beneath('/tenant/things/x', 'GET').name, 'thing');
    const metadata = '/.well-known/oauth-authorization-server';
    for (const path of [`${metadata}/tenant`, `/tenant${metadata}`]) {
      assert.equal(beneath(path, 'GET').name, 'discovery', path);
    }
    for (const path of ['/token', metadata, '/tenants/token', '/tenant', '/']) {
      assert.equal(beneath(path, 'POST').name, 'unmatched', path);
    }
  });

  test('A route without a handler is answered as an unknown path', () => {
    const off = createRouteFinder({
      routes: [passingRoute({ path: '/off', errors: 'problem', answer: undefined })],
      basePath: '',
    });
    const { name, errors } = off('/off', 'GET');
    assert.deepEqual([name, errors], ['unmatched', 'problem']);
  });
});

describe('Route handling', () => {
  test('The guards of a route run in order before its handler, for every method', async (t) => {
    const seen: string[] = [];
    const guard = (name: string) => (_ctx: unknown, next: () => Promise<unknown>) => {
      seen.push(name);
      return next();
    };
    const { url } = await startSite(t, {
      issuer: 'https://id.example/tenant',
      table: [
        passingRoute({
          path: '/guarded/:id',
          methods: ['POST'],
          guards: [guard('first'), guard('second')],
          answer: async (ctx) => {
            seen.push('answer');
            ctx.body = [ctx.path, ctx.mountPath, requestState(ctx).match.params];
          },
        }),
      ],
      routes: () => {},
    });
    const answer = await fetch(`${url}/tenant/guarded/x`, { method: 'POST' });
    assert.deepEqual(await answer.json(), ['/guarded/x', '/tenant', { id: 'x' }]);
    const refused = await fetch(`${url}/tenant/guarded/x`);
    assert.equal(refused.status, 405);
    assert.deepEqual(seen, ['first', 'second', 'answer', 'first', 'second']);
  });

  test('A route with public CORS can be read from any origin, and its preflight says so', async (t) => {
    const { url } = await startSite(t, {
      table: [
        passingRoute({ path: '/facts', methods: ['GET'], cors: { send: 'Prefer', see: 'ETag' } }),
      ],
      routes: (app) =>
        app.use((ctx) => {
          ctx.body = 'facts';
        }),
    });
    const { headers } = await fetch(`${url}/facts`);
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.equal(headers.get('access-control-expose-headers'), 'ETag');
    const preflight = await fetch(`${url}/facts`, { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, HEAD');
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'Prefer');
  });

  test('Successful requests of a high-volume route are logged at level debug only', async (t) => {
    const { url, lines } = await startSite(t, {
      table: [passingRoute({ path: '/list', name: 'list', log: 'debug' })],
      routes: (app) =>
        app.use((ctx) => {
          if (ctx.querystring === '') ctx.body = 'list';
        }),
    });
    for (const path of ['/list', '/list?unknown']) await (await fetch(url + path)).text();
    const levels = lines.filter(({ msg }) => msg === 'request').map(({ level }) => level);
    assert.deepEqual(levels, ['debug', 'info']);
  });
});
