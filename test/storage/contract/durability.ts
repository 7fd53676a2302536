/**
 * What was acknowledged is there after a kill -9, of the process that wrote it or of the database.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Store } from '../../../src/storage/store.ts';
import type { TestStores } from '../../support/stores.ts';
import { now, openAll, sampleArtifact } from './samples.ts';

type Acknowledged = { what: string; id: string };

/** Enough for some hundred commits. */
const wanted = 400;

export function durabilityContract(stores: TestStores) {
  describe('Durability', () => {
    test('A process killed while writing loses no acknowledged write', async (t) => {
      const url = await stores.freshUrl();
      const [survivor] = await openAll(t, { url, count: 1 });
      assert.ok(survivor);
      for (let round = 0; round < 2; round += 1) {
        const writer = startWriter(t, url);
        await writer.acknowledged(wanted);
        writer.kill();
        await allThere(survivor, await writer.all());
        await survivor.artifacts.put(sampleArtifact());
      }
      const [reopened] = await openAll(t, { url, count: 1 });
      assert.ok(reopened);
      await reopened.artifacts.put(sampleArtifact());
    });
  });
}

export type Writer = {
  /** Resolves when this many writes were acknowledged. */
  acknowledged(count: number): Promise<void>;
  kill(): void;
  /** All that were acknowledged, once the process has ended. */
  all(): Promise<Acknowledged[]>;
};

/** A process that writes and names what was acknowledged. */
export function startWriter(t: TestContext, url: string): Writer {
  const file = fileURLToPath(new URL('./acknowledging_writer.ts', import.meta.url));
  const child = spawn(process.execPath, [file, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const all: Acknowledged[] = [];
  const lines = createInterface(child.stdout);
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  lines.on('line', (line) => {
    const [what = '', id = ''] = line.split(' ');
    all.push({ what, id });
    lines.emit('acknowledged');
  });
  return {
    async acknowledged(count) {
      while (all.length < count)
        await Promise.race([
          once(lines, 'acknowledged'),
          ended.then(() => assert.fail('the writer ended')),
        ]);
    },
    kill: () => child.kill('SIGKILL'),
    async all() {
      await ended;
      return all;
    },
  };
}

/** Asserts that each acknowledged write is in the store. */
export async function allThere(store: Store, acknowledged: Acknowledged[]): Promise<void> {
  const checks: Record<string, (id: string) => Promise<boolean>> = {
    put: async (id) => (await store.artifacts.find('RefreshToken', id, now)) !== undefined,
    consumed: async (id) =>
      (await store.artifacts.find('RefreshToken', id, now))?.consumedAt !== undefined,
    revoked: async (id) => {
      const [found] = await store.revocations.find([id], now);
      return found !== undefined && found.sequence <= (await store.revocations.sequence());
    },
    finished: async (id) => (await store.revocations.find([id], now))[0]?.work === undefined,
    allocated: async (id) => (await store.statusRanges.find(id, 0, now)) !== undefined,
    audited: async (id) => (await store.audit.list({ limit: 1, userId: id })).length === 1,
    documented: async (id) => (await store.documents.get(id))?.value === id,
  };
  for (const { what, id } of acknowledged) {
    assert.ok(await checks[what]?.(id), `${what} ${id} was acknowledged and is lost`);
  }
}
