/** Lists on the pages that read as complete are: what the program has is in them, and nothing else. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { routes } from '../../src/app/routes.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { identityHeaders } from '../../src/gateway/identity_headers.ts';
import { apiKeyOptionNames } from '../../src/verifier/api_keys/key_options.ts';
import { createVerifier } from '../../src/verifier/create_verifier.ts';
import { failures } from '../../src/verifier/errors.ts';
import { optionNames } from '../../src/verifier/parse_options.ts';
import { sqliteServer } from '../support/flows.ts';
import { pages, root } from './pages.ts';

const operations = 'docs/operations.md';
const verifier = 'src/verifier/README.md';

/** The code in one column of the table with this head (its first table, or the `nth`). */
function listed(path: string, head: string, column = 0, nth = 0): string[] {
  const tables = pages.find((page) => page.path === path)?.tables ?? [];
  const table = tables.filter((one) => one.head[0] === head)[nth];
  assert.ok(table, `${path} has no table ${head}`);
  return table.rows.flatMap((row) => codesOf(row[column] ?? ''));
}

function codesOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function assertSame(documented: readonly string[], there: readonly string[]): void {
  assert.deepEqual(documented.toSorted(), there.toSorted());
}

/** Served on the management port, or no address: a folder of the image, addresses that begin so. */
const notOfThePublicPort = [
  '/health/live',
  '/health/ready',
  '/metrics',
  '/app/data',
  '/interaction/',
  '/admin/v1',
];

/** Without these there is no /register, no /sign-up, no /inspect, no callback of providers, no /leaks. */
const declaration = {
  dynamic_registration: { enabled: true },
  inspector: { public: true },
  registration: { mode: 'open' },
  api_keys: { leaks: { token: 'a-token-of-scanners-of-at-least-32-characters' } },
  identity_providers: [{ id: 'staff', issuer: 'https://staff.example', client_id: 'cardea' }],
};

// In development mode mails are kept and shown.
sqliteServer({ declaration, developmentMode: true }, (server) => {
  test('Every endpoint that the documentation mentions answers', async () => {
    const named = pages.flatMap((page) =>
      page.codes.flatMap(({ text, line }) => {
        const [, method, path] =
          /^(?:([A-Z]+) )?(?:<issuer>)?(\/[a-z][\w./?&=:-]*)$/.exec(text) ?? [];
        return path
          ? [{ methods: method ? [method] : ['GET', 'POST'], path, place: `${page.path}:${line}` }]
          : [];
      }),
    );
    assert.ok(named.length > 10);
    for (const { methods, path, place } of named) {
      if (notOfThePublicPort.includes(path) || path.startsWith('/status-lists')) continue;
      const answers = methods.map((method) =>
        fetch(`${server().issuer}${path}`, { method, redirect: 'manual' }),
      );
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.ok(
        statuses.some((status) => status !== 404),
        `${place} ${path} ${statuses}`,
      );
    }
  });

  test('The page docs/operations.md lists every endpoint with its methods and route name', () => {
    const { tables = [] } = pages.find(({ path }) => path === operations) ?? {};
    const rows = tables.filter(({ head }) => head[0] === 'Endpoint').flatMap(({ rows }) => rows);
    const told = rows.map(([path = '', methods = '', name = '']) =>
      [codesOf(path), methods === 'any' ? 'any' : codesOf(methods), codesOf(name)].flat().join(' '),
    );
    assertSame(
      told,
      routes
        .filter(({ name }) => !/^(console|account)\./.test(name))
        .map(({ path, methods, name }) => [path, methods, name].flat().join(' ')),
    );
  });

  test('The page docs/operations.md lists every metric of Cardea', async () => {
    const measured = (await server().measured()).map(({ name }) => name);
    const own = (name: string) => name.startsWith('cardea_');
    assertSame(listed(operations, 'Metric').filter(own), measured.filter(own));
  });

  test('The page docs/operations.md lists every kill switch of the command line', async () => {
    const revoke = (await buildProgram(['revoke'])).commands.find((one) => one.name() === 'revoke');
    const switches = revoke?.commands.map((command) => command.name()) ?? [];
    const first = listed(operations, '`cardea revoke …`').map((code) => code.split(' ')[0] ?? '');
    assertSame([...new Set(first.filter((word) => !word.startsWith('-')))], switches);
  });
});

describe('CONTRIBUTING.md', () => {
  test('The map in CONTRIBUTING.md has every room of the program', () => {
    const folders = globSync('src/*/', { cwd: root, withFileTypes: true });
    const rooms = folders.filter((entry) => entry.isDirectory()).map(({ name }) => `src/${name}/`);
    const mapped = listed('CONTRIBUTING.md', 'room').filter((code) => code.startsWith('src/'));
    assertSame(
      mapped.filter((code) => code.endsWith('/')),
      rooms,
    );
  });
});

describe('scripts/README.md', () => {
  test('The index of scripts lists every script that npm runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const run = Object.values<string>(scripts).flatMap((command) =>
      [...command.matchAll(/\bscripts\/([\w/]+\.[jt]s)\b/g)].map(([, path = '']) => path),
    );
    const named = listed('scripts/README.md', 'script').filter((path) => !path.endsWith('.sh'));
    assertSame(named, [...new Set(run)]);
  });
});

describe('docs/integrations/forward-auth.md', () => {
  test('The forward-auth page lists every header that a gateway passes on', () => {
    const headers = [...identityHeaders, 'Authorization', 'X-API-Key'];
    assertSame(listed('docs/integrations/forward-auth.md', 'header'), headers);
  });
});

describe('src/verifier/README.md', () => {
  test("The verifier's README lists every option", () => {
    assertSame(listed(verifier, 'option', 0, 0), Object.keys(apiKeyOptionNames));
    assertSame(listed(verifier, 'option', 0, 1), Object.keys(optionNames));
  });

  test("The verifier's README lists every error code", () => {
    const codes = listed(verifier, 'status', 2).filter((code) => code !== 'message');
    assertSame(codes, Object.keys(failures));
  });

  test("The verifier's README lists every counter of metrics()", async () => {
    const instance = createVerifier({
      issuer: 'http://127.0.0.1:1',
      audience: 'https://orders.example',
    });
    const counters = Object.keys(instance.metrics());
    await instance.close();
    const page = pages.find(({ path }) => path === verifier);
    const sentence = page?.codes.find(({ text }) => text === 'verifier.metrics()');
    const named = page?.codes.filter(({ line }) => line === sentence?.line).map(({ text }) => text);
    assertSame(named?.filter((code) => code !== 'verifier.metrics()') ?? [], counters);
  });
});
