/**
 * One process of a node, for the tests: a keyring on the real clock and the given store, that signs and
 * answers with its JWKS as it is asked to over IPC, and signs all the time besides, for load.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { createSecrets } from '../../src/secrets/secrets.ts';
import { publicJwks } from '../../src/signing_keys/jwks.ts';
import { createKeyring, type Keyring } from '../../src/signing_keys/keyring.ts';
import type { RotationPolicy } from '../../src/signing_keys/rotation_policy.ts';
import { sign } from '../../src/signing_keys/signer.ts';
import { openStore } from '../../src/storage/open.ts';

export type Settings = { url: string; secret: string; policy: RotationPolicy; lifetimeMs: number };
export type Question = { id: number; ask: 'token' | 'jwks' | 'rotate' };
export type Token = { kid: string; data: string; signature: string };

const { url, secret, policy, lifetimeMs }: Settings = JSON.parse(process.argv[2] ?? '');
const store = await openStore({ url });
const keyring = createKeyring({
  documents: store.documents,
  secrets: createSecrets([Buffer.from(secret, 'base64url')]),
  clock: systemClock,
  log: { debug: () => {}, info: () => {}, warn: console.error, error: console.error },
  policy,
  longestTokenLifetimeMs: () => lifetimeMs,
});
await keyring.start();

async function token(from: Keyring): Promise<Token> {
  const { current } = from.snapshot();
  const data = `${process.pid} ${performance.now()}`;
  const signature = await sign(current, Buffer.from(data));
  return { kid: current.kid, data, signature: signature.toString('base64url') };
}

async function answer(ask: Question['ask']): Promise<unknown> {
  if (ask === 'token') return token(keyring);
  if (ask === 'rotate') return keyring.rotate();
  return publicJwks(await keyring.freshSnapshot(), systemClock.now()).body;
}

process.on('message', async ({ id, ask }: Question) => {
  process.send?.({ id, answer: await answer(ask) });
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0 });

while (process.connected) {
  await token(keyring);
  await turn();
}
