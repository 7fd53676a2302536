/** The table of routes against a running Cardea: what it says is what is there. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../../harness/free_port.ts';
import type { RouteRow } from '../../src/app/route_row.ts';
import { routes } from '../../src/app/routes.ts';
import { methodsOf } from '../../src/http/routing/address.ts';
import { sqliteServer } from '../support/flows.ts';

/** With everything that a configuration may leave out. */
const declaration = {
  dynamic_registration: { enabled: true },
  inspector: { public: true },
  account: { api_keys: 'all' },
  mail: { from: 'id@id.example', smtp: { url: 'smtp://127.0.0.1:9' } },
  passkeys: { related_origins: ['https://shop.example'] },
  registration: { mode: 'open' },
  identity_providers: [{ id: 'x', issuer: 'https://staff.example', client_id: 'cardea' }],
  api_keys: { leaks: { token: 'a-token-of-scanners-of-at-least-32-characters' } },
};

/** A host that browsers make passkeys for. */
const port = await freePort();
const issuer = `http://localhost:${port}`;

/** What these serve has a name, and another name is 404 by their own word. */
const hasNames = /^\/(assets|status-lists)\//;
/** An address of the row; nothing of that name exists. */
const exampleOf = ({ path }: RouteRow) => path.replace(/:\w+/g, 'x').replace(/\{?\*\w+\}?/, 'x');
/** Mails are shown in development mode alone, where others are missing (test/flows/mail). */
const served = routes.filter(({ path }) => !path.startsWith('/dev/'));
const methodsAt = (path: string) =>
  routes.filter((row) => row.path === path).flatMap((row) => methodsOf(row));
/** Of a method that it does not take. Nobody has begun what is resumed here, which its guard says first. */
const refusalOf = ({ path, guards }: RouteRow) =>
  path.includes('/:uid') && guards.includes('ownBrowser') ? 400 : 405;
/** As people may write it, who take case and a slash at the end for nothing. */
const misspelt = (path: string) => [
  `${path}/`,
  path.replace(/[a-z]/, (first) => first.toUpperCase()),
];

describe('Route table', () => {
  test('Each method of a path is in the table once', () => {
    for (const { path } of routes) {
      const methods = methodsAt(path);
      assert.equal(new Set(methods).size, methods.length, path);
    }
  });

  test('A route can be found by path alone only when nothing but the end of its path is a parameter', () => {
    for (const { hot, path, handler } of routes) {
      if (hot) assert.match(path, handler ? /^[\w./-]+(:\w+)?$/ : /^[\w./-]+$/);
    }
  });

  test('All paths with the same prefix share one error format', () => {
    const families = new Map<string | undefined, string>();
    for (const { path, errors } of routes) {
      const first = path.split('/')[1];
      assert.equal(families.get(first) ?? errors, errors, path);
      families.set(first, errors);
    }
  });

  sqliteServer({ declaration, issuer, port, logLevel: 'debug' }, (server) => {
    /** The answer, and the name of its route in the log. */
    const ask = async (path: string, method: string, headers: Record<string, string> = {}) => {
      const sent = { method, headers, redirect: 'manual' as const };
      const response = await fetch(`${server().issuer}${path}`, sent);
      await response.arrayBuffer();
      const id = response.headers.get('x-request-id');
      for (;;) {
        const line = server()
          .logged()
          .split('\n')
          .find((entry) => entry.includes(`"${id}"`) && entry.includes('"msg":"request"'));
        if (line) return { response, route: JSON.parse(line).route };
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };

    test('Every route answers each of its methods under its own name', async () => {
      for (const row of served) {
        const path = exampleOf(row);
        const methods = row.methods === 'any' ? ['GET', 'PROPFIND'] : row.methods;
        for (const method of methods) {
          const { response, route } = await ask(path, method);
          assert.equal(route, row.name, `${method} ${path}`);
          const isFine = response.status !== 405 && response.status < 500;
          assert.ok(
            isFine && (response.status !== 404 || hasNames.test(row.path)),
            `${method} ${path}`,
          );
        }
      }
    });

    test('A preflight tells pages of other origins where they may call', async () => {
      for (const row of served) {
        if (row.methods === 'any') continue;
        const preflight = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
        const { response, route } = await ask(exampleOf(row), 'OPTIONS', preflight);
        const isOpen = row.cors !== 'none';
        assert.equal(response.status, isOpen ? 204 : refusalOf(row), row.path);
        if (isOpen) assert.equal(route, `cors.${row.name}`);
      }
    });

    test('A wrong method is answered with 405 and the allowed methods', async () => {
      for (const row of served) {
        if (row.methods === 'any') continue;
        const { response } = await ask(exampleOf(row), 'PROPFIND');
        assert.equal(response.status, refusalOf(row), row.path);
        if (response.status === 405)
          assert.equal(response.headers.get('allow'), methodsAt(row.path).join(', '), row.path);
      }
    });

    test('A path that is unknown or spelled differently is answered with 404', async () => {
      const others = routes
        .filter(({ path }) => path !== '/' && !/[*{]/.test(path))
        .flatMap((row) => misspelt(exampleOf(row)))
        // The slash that people type behind these two leads on.
        .filter((path) => !routes.some((row) => row.path === path));
      for (const path of ['//', '/admin', '/nowhere', '/token/x', '/interaction', ...others]) {
        if (path === '/forward-auth/') continue;
        const { response, route } = await ask(path, 'GET');
        assert.equal(response.status, 404, path);
        assert.equal(route, 'unmatched', path);
      }
    });
  });
});

describe('Disabled features', () => {
  sqliteServer({}, (server) => {
    test('A disabled route is answered with 404 in the error format of its neighbours', async () => {
      for (const [path, type] of [
        ['/register', 'application/json; charset=utf-8'],
        ['/register/x', 'application/json; charset=utf-8'],
        ['/leaks', 'application/problem+json'],
      ]) {
        const headers = { accept: 'text/html' };
        const response = await fetch(`${server().issuer}${path}`, { method: 'POST', headers });
        await response.arrayBuffer();
        assert.equal(response.status, 404, path);
        assert.equal(response.headers.get('content-type'), type, path);
      }
    });
  });
});
