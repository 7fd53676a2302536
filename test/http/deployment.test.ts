import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

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
  test('only nginx is reachable from outside', () => {
    const published = Object.entries(compose.services).filter(([, service]) => service.ports);
    assert.deepEqual(
      published.map(([name]) => name),
      ['nginx'],
    );
  });

  test('the nodes can write nothing, have no capability, and believe nginx alone', () => {
    const nginx = compose.services.nginx?.networks as Record<string, { ipv4_address: string }>;
    for (const node of nodes) {
      assert.equal(node.read_only, true);
      assert.deepEqual(node.cap_drop, ['ALL']);
      assert.equal(node.environment?.CARDEA_TRUSTED_PROXIES, nginx.front?.ipv4_address);
    }
  });

  test('every secret that is mounted is declared, and made by the script, once', (t) => {
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

  test('the nodes start with the configuration that it gives them', async (t) => {
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

describe('Dockerfile', () => {
  const stages = read('Dockerfile').split(/^FROM /m);
  const final = stages.at(-1) ?? '';

  test('the process runs as a user without rights and is told apart from npm', () => {
    assert.match(final, /^USER node$/m);
    assert.ok(final.indexOf('USER node') < final.indexOf('ENTRYPOINT ["node", "src/main.ts"]'));
  });

  test('the build context holds what is copied, and nothing that is secret', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    assert.deepEqual(allowed, ['!package.json', '!package-lock.json', '!.npmrc', '!src', '!views']);
  });
});
