/**
 * What the trail knows of itself: which chains there are, how far each has come, since when events are linked, and
 * what was purged. All of it is sealed, so that whoever removes events cannot say that they were never there, nor that
 * their time had come.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { dayMs, hourMs } from '../definitions/units.ts';
import { randomId } from '../digests.ts';
import type { AuditChain, AuditChainStore } from '../storage/audit_chains.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { StoreUnavailableError } from '../storage/errors.ts';
import { checkRecord, type SealingKeys, sealedRecord } from './seals.ts';

/** Milliseconds since the epoch. */
export type TrailRecord = {
  /** From then on events are linked. */
  since: number;
  /** Events from before then may be gone. */
  purgedBefore: number;
  /** The first position of a chain that the register must still have. */
  chainsFrom: number;
  key: string;
  seal: string;
};

export type ChainRegister = {
  /** Begins a chain for events of which the first is of the time `at`. Durable when it resolves. */
  begin(at: number): Promise<AuditChain>;
  /** Keeps how far the chain has come. */
  advance(chain: AuditChain): Promise<void>;
  /** Before events from before `before` (ms) are purged, and the chains that end with them. */
  notePurge(before: number): Promise<void>;
};

const documentName = 'audit_trail';
/** Each lost attempt is another's success. */
const mostAttempts = 200;
/** Chains that are looked at when a purge is noted. */
const mostChains = 1000;
/** A chain with no event for so long (ms) gets none any more: its process begins another. */
export const idleChainMs = dayMs / 2;

export function createChainRegister({
  chains,
  documents,
  keys,
  clock,
}: {
  chains: AuditChainStore;
  documents: DocumentStore;
  keys: SealingKeys;
  clock: Clock;
}): ChainRegister {
  const [key] = keys;
  const write = (expected: number, record: Omit<TrailRecord, 'key' | 'seal'>) =>
    documents.compareAndSet(documentName, expected, sealedRecord<TrailRecord>(key, record));

  /** The record, which the first process makes. */
  async function known(): Promise<{ version: number; value: TrailRecord }> {
    for (;;) {
      const found = await documents.get<TrailRecord>(documentName);
      if (found) return found;
      await write(0, { since: clock.now(), purgedBefore: 0, chainsFrom: 1 });
    }
  }

  /** Behind the chains whose events are all from before then. */
  async function firstChainFrom(position: number, before: number): Promise<number> {
    const found = await chains.list({ after: position - 1, limit: mostChains });
    // The last one stays, so that positions go on from it.
    const ended = found
      .slice(0, -1)
      .findIndex(({ latest, startedAt }) => Math.max(latest, startedAt) >= before);
    if (ended > 0) return found[ended]?.position ?? position;
    return ended === -1 ? (found.at(-1)?.position ?? position) : position;
  }

  return {
    async begin(at) {
      const { value } = await known();
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const newest = (await chains.newest())?.position ?? 0;
        const startedAt = clock.now();
        const chain = sealedRecord<AuditChain>(key, {
          ...{ id: randomId(), position: Math.max(newest + 1, value.chainsFrom), startedAt },
          ...{ number: 0, latest: Math.min(startedAt, at), last: '' },
        });
        if (await chains.add(chain)) return chain;
        await sleep(Math.random() * 10);
      }
      throw new StoreUnavailableError(new Error('no chain of audit events could be begun'));
    },

    async advance(chain) {
      await chains.advance(chain);
    },

    async notePurge(before) {
      // By the hour, so that it is not written with each purge.
      const purgedBefore = Math.ceil(before / hourMs) * hourMs;
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const { version, value } = await known();
        const { key: _key, seal: _seal, ...record } = value;
        if (record.purgedBefore >= purgedBefore) return;
        // What is not right is left for whoever verifies: it must not be made right here.
        if (checkRecord(keys, value) !== 'right') return;
        // Long after their process gave them up.
        const chainsFrom = await firstChainFrom(record.chainsFrom, before - 2 * idleChainMs);
        if (!(await write(version, { ...record, purgedBefore, chainsFrom }))) continue;
        await chains.removeBefore(chainsFrom, mostChains);
        return;
      }
    },
  };
}

/** The record as it is; undefined: there is none. */
export async function readTrailRecord(
  documents: Pick<DocumentStore, 'get'>,
): Promise<TrailRecord | undefined> {
  return (await documents.get<TrailRecord>(documentName))?.value;
}
