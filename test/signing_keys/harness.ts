/**
 * What the tests of this room share: a store in a directory of its own, a clock that is moved by hand,
 * and keyrings on it, as many as there would be processes.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import { CardeaError } from '../../src/errors.ts';
import { createSecrets, type Secrets } from '../../src/secrets/secrets.ts';
import { createKeyring, type Keyring } from '../../src/signing_keys/keyring.ts';
import type { KeyringLog } from '../../src/signing_keys/keyring_snapshot.ts';
import type { SigningKeyEvent } from '../../src/signing_keys/keyset_changes.ts';
import type { RotationPolicy } from '../../src/signing_keys/rotation_policy.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A day ahead, thirty days long, the cheapest algorithm to generate. */
export const policy: RotationPolicy = {
  algorithm: 'EdDSA',
  rotateEveryMs: 30 * day,
  publishAheadMs: day,
};

type HandClock = Clock & { advance(ms: number): void };

function handClock(start = Date.UTC(2026, 0, 1)): HandClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

export function someSecrets(): Secrets {
  return createSecrets([randomBytes(32)]);
}

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cardea-keys-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

type LogLine = { level: string; message: string };

export type House = {
  store: Store;
  /** The database's file. */
  path: string;
  clock: HandClock;
  events: SigningKeyEvent[];
  lines: LogLine[];
  /** One more process's keyring on the same store; closed after the test. */
  keyring(options?: KeyringOptions): Keyring;
  /** The same, started, and no longer polling by itself: the test alone says when it looks. */
  started(options?: KeyringOptions): Promise<Keyring>;
};

type KeyringOptions = {
  secrets?: Secrets;
  policy?: Partial<RotationPolicy>;
  lifetimeMs?: () => number;
  store?: Store;
};

/** A house with one store, one clock and one secret. */
export async function openHouse(t: TestContext): Promise<House> {
  const path = join(await temporaryDirectory(t), 'cardea.db');
  const store = await openStore({ url: `sqlite:${path}` });
  const clock = handClock();
  const sharedSecrets = someSecrets();
  const events: SigningKeyEvent[] = [];
  const lines: LogLine[] = [];
  const write = (level: string) => (_fields: object, message: string) => {
    lines.push({ level, message });
  };
  const log: KeyringLog = {
    ...{ error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
  };
  const keyrings: Keyring[] = [];
  t.after(async () => {
    await Promise.all(keyrings.map((keyring) => keyring.close()));
    await store.close();
  });
  const keyring = (options: KeyringOptions = {}) => {
    const made = createKeyring({
      documents: (options.store ?? store).documents,
      secrets: options.secrets ?? sharedSecrets,
      clock,
      log,
      policy: { ...policy, ...options.policy },
      longestTokenLifetimeMs: options.lifetimeMs ?? (() => 10 * minute),
      record: async (given, _by, write) => {
        const isWritten = await write([]);
        if (isWritten) events.push(...given);
        return isWritten;
      },
    });
    keyrings.push(made);
    return made;
  };
  const started = async (options?: KeyringOptions) => {
    const made = keyring(options);
    await made.start();
    await made.close();
    return made;
  };
  return { store, path, clock, events, lines, keyring, started };
}

export function currentOf(keyring: Keyring): string {
  return keyring.snapshot().current.kid;
}

export function publishedBy(keyring: Keyring): string[] {
  return keyring.snapshot().published.map(({ kid }) => kid);
}

/** For `assert.rejects` and `assert.throws`. */
export function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CardeaError && error.code === code;
}
