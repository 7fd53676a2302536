import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { createPublicKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PublicJwk, SigningKeyRecord } from '../../src/signing_keys/keyset.ts';
import type { RotationResult } from '../../src/signing_keys/rotation.ts';
import type { RotationPolicy } from '../../src/signing_keys/rotation_policy.ts';
import { verify } from '../../src/signing_keys/signer.ts';
import { openStore } from '../../src/storage/open.ts';
import { day, temporaryDirectory } from './harness.ts';
import type { Question, Settings, Token } from './keyring_process.ts';

const script = fileURLToPath(new URL('keyring_process.ts', import.meta.url));

type Peer = {
  ask<T>(what: Question['ask']): Promise<T>;
  kill(): Promise<void>;
};

async function startPeer(t: TestContext, settings: Settings): Promise<Peer> {
  const child: ChildProcess = fork(script, [JSON.stringify(settings)]);
  t.after(() => child.kill('SIGKILL'));
  const waiting = new Map<number, (answer: unknown) => void>();
  child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  let lastId = 0;
  await once(child, 'message');
  return {
    ask<T>(what: Question['ask']) {
      lastId += 1;
      const id = lastId;
      return new Promise<T>((resolve) => {
        waiting.set(id, (answer) => resolve(answer as T));
        child.send({ id, ask: what } satisfies Question);
      });
    },
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function prepare(t: TestContext, policy: RotationPolicy): Promise<Settings> {
  const url = `sqlite:${join(await temporaryDirectory(t), 'cardea.db')}`;
  return { url, secret: randomBytes(32).toString('base64url'), policy, lifetimeMs: 60_000 };
}

async function storedKeys({ url }: Settings): Promise<SigningKeyRecord[]> {
  const store = await openStore({ url });
  const stored = await store.documents.get<{ keys: SigningKeyRecord[] }>('signing_keys');
  await store.close();
  return stored?.value.keys ?? [];
}

/** A resource server: it asks for a JWKS only when it meets a kid that it does not know. */
function createVerifier(fetchJwks: () => Promise<string>) {
  let known = new Map<string, PublicJwk>();
  return {
    async accepts({ kid, data, signature }: Token): Promise<boolean> {
      if (!known.has(kid)) {
        const { keys }: { keys: PublicJwk[] } = JSON.parse(await fetchJwks());
        known = new Map(keys.map((key) => [key.kid, key]));
      }
      const jwk = known.get(kid);
      if (!jwk) return false;
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      const key = { algorithm: jwk.alg, publicKey };
      return verify(key, Buffer.from(data), Buffer.from(signature, 'base64url'));
    },
  };
}

test('Signing keys that rotate every 2 s under load fail no verifier, even as processes die', async (t) => {
  const policy: RotationPolicy = { algorithm: 'RS256', rotateEveryMs: 2000, publishAheadMs: 500 };
  const settings = await prepare(t, policy);
  const peers = await Promise.all([startPeer(t, settings), startPeer(t, settings)]);
  const peer = (index: number) => peers[index % peers.length] ?? assert.fail();
  let answering = 0;
  const verifier = createVerifier(() => peer(answering).ask<string>('jwks'));
  const tokens: Token[] = [];
  const kids = new Set<string>();
  for (let turn = 0; kids.size < 5; turn += 1) {
    const token = await peer(turn).ask<Token>('token');
    answering = turn + 1;
    assert.equal(await verifier.accepts(token), true, `${token.kid} at token ${turn}`);
    if (!kids.has(token.kid) && kids.size === 2) {
      await peer(0).kill();
      peers[0] = await startPeer(t, settings);
    }
    kids.add(token.kid);
    tokens.push(token);
  }
  // All that was signed is still verified, by any process's JWKS.
  for (const source of peers) {
    const { keys } = JSON.parse(await source.ask<string>('jwks'));
    const published = new Set(keys.map(({ kid }: PublicJwk) => kid));
    for (const kid of kids) assert.ok(published.has(kid), kid);
  }
  const activations = (await storedKeys(settings)).map((key) => key.activatesAt);
  const windows = activations.slice(1).map((at, index) => at - (activations[index] ?? 0));
  for (const window of windows) assert.ok(window >= policy.rotateEveryMs, 'one rotation each time');
  assert.ok(tokens.length > kids.size);
});

test('Processes and operators that start and rotate at once create one signing key each time', async (t) => {
  const policy: RotationPolicy = {
    algorithm: 'RS256',
    rotateEveryMs: 30 * day,
    publishAheadMs: day,
  };
  const settings = await prepare(t, policy);
  const peers = await Promise.all([1, 2, 3].map(() => startPeer(t, settings)));
  const first = (await storedKeys(settings)).filter(({ reason }) => reason === 'initial');
  assert.equal(first.length, 1);
  const results = await Promise.all(
    [...peers, ...peers].map((peer) => peer.ask<RotationResult>('rotate')),
  );
  assert.equal(results.filter(({ rotated }) => rotated).length, 1);
  assert.equal((await storedKeys(settings)).length, 2);
});
