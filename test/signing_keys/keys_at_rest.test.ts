import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { signingAlgorithms } from '../../src/definitions/oauth.ts';
import { CardeaError } from '../../src/errors.ts';
import { createSecrets } from '../../src/secrets/secrets.ts';
import { minute, openHouse } from './harness.ts';

/** The database and its log, as one who copies the disk has them. */
async function stolen(path: string): Promise<Buffer> {
  const names = await readdir(dirname(path));
  const files = names.filter((name) => name.startsWith(basename(path)));
  return Buffer.concat(await Promise.all(files.map((name) => readFile(join(dirname(path), name)))));
}

for (const algorithm of signingAlgorithms) {
  test(`A stolen database contains no private ${algorithm} key in any encoding`, async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started({ policy: { algorithm } });
    await keyring.rotate();
    const bytes = await stolen(house.path);
    const { published } = keyring.snapshot();
    assert.equal(published.length, 2);
    for (const { kid, privateKey } of published) {
      assert.ok(privateKey);
      assert.ok(bytes.includes(kid), 'the right file was read');
      const { d = '', p, q } = privateKey.export({ format: 'jwk' });
      const secretParts = [d, p, q].filter((part) => part !== undefined);
      for (const part of secretParts) {
        const raw = Buffer.from(part, 'base64url');
        const encodings = [raw, part, raw.toString('base64'), raw.toString('hex')];
        for (const encoding of encodings) assert.ok(!bytes.includes(encoding));
      }
      const der = privateKey.export({ format: 'der', type: 'pkcs8' });
      assert.ok(!bytes.includes(der.toString('base64').slice(0, 200)));
    }
    assert.ok(!bytes.includes('PRIVATE KEY'));
    assert.ok(!/"(d|p|q|dp|dq|qi)":/.test(bytes.toString('latin1')));
  });
}

describe('Master secret rotation', () => {
  const old = randomBytes(32);
  const fresh = randomBytes(32);
  const before = createSecrets([old]);
  const during = createSecrets([fresh, old]);
  const oldOrder = createSecrets([old, fresh]);
  const after = createSecrets([fresh]);

  const sealedTexts = async (house: Awaited<ReturnType<typeof openHouse>>) => {
    const stored = await house.store.documents.get<{ keys: { sealed?: string }[] }>('signing_keys');
    return stored?.value.keys.flatMap(({ sealed }) => sealed ?? []) ?? [];
  };

  test('A start re-encrypts the signing keys with the first secret, after which the old secret can be removed', async (t) => {
    const house = await openHouse(t);
    const first = await house.started({ secrets: before });
    await first.rotate();
    const { version } = first.snapshot();
    await house.started({ secrets: during });
    assert.deepEqual(
      (await sealedTexts(house)).map((sealed) => after.sealedByFirst(sealed)),
      [true, true],
    );
    const last = await house.started({ secrets: after });
    assert.equal(last.snapshot().version, version);
    assert.ok(last.snapshot().current.privateKey);
    const resealed = house.events.filter(({ type }) => type === 'signing_key.resealed');
    assert.equal(resealed.length, 2);
  });

  test('Processes with the secrets in either order coexist without undoing each other', async (t) => {
    const house = await openHouse(t);
    const a = await house.started({ secrets: oldOrder });
    const b = await house.started({ secrets: during });
    const sealed = await sealedTexts(house);
    for (let times = 0; times < 5; times += 1) await Promise.all([a.refresh(), b.refresh()]);
    assert.deepEqual(await sealedTexts(house), sealed);
    const { next } = await b.rotate();
    await a.refresh();
    const known = a.snapshot().published.find(({ kid }) => kid === next?.kid);
    assert.ok(known?.privateKey, 'the other one opens what this one sealed');
  });

  test('A process that has only the old secret continues and never signs with a revoked key', async (t) => {
    const house = await openHouse(t);
    const running = await house.started({ secrets: before });
    const { kid } = running.snapshot().current;
    const replacing = await house.started({ secrets: during });
    await running.refresh();
    assert.equal(running.snapshot().current.kid, kid);
    const { current: second } = await replacing.revoke(kid);
    await running.refresh();
    assert.equal(running.snapshot().current.kid, second, 'which it opened when it was next');

    await running.close();
    for (const key of await replacing.list()) await replacing.revoke(key.kid);
    house.clock.advance(minute);
    await assert.rejects(
      running.freshSnapshot(),
      (error) => error instanceof CardeaError && error.code === 'no_signing_key',
    );
    // Until it makes a key itself, which all others publish.
    await running.refresh();
    await replacing.refresh();
    const own = running.snapshot().current.kid;
    assert.ok(replacing.snapshot().published.some((key) => key.kid === own));
    const keys = await replacing.list();
    assert.equal(keys.find((key) => key.kid === own)?.revokedAt, undefined);
  });

  test('A start with a wrong secret is refused with the remedy, and revocation offers a way out', async (t) => {
    const house = await openHouse(t);
    const lost = await house.started({ secrets: before });
    const [first, next] = await lost.list();
    const kid = first?.kid ?? '';
    const keyring = house.keyring({ secrets: after });
    await assert.rejects(
      keyring.start(),
      (error) => error instanceof CardeaError && error.code === 'signing_keys_sealed',
    );
    assert.deepEqual(
      (await keyring.list()).map((key) => [key.kid, key.state]),
      [
        [kid, 'current'],
        [next?.kid, 'next'],
      ],
    );
    await keyring.revoke(kid);
    await keyring.start();
    assert.notEqual(keyring.snapshot().current.kid, kid);
  });
});
