/**
 * A process that writes without end and names on stdout each write that the store has acknowledged, until
 * it is killed (durability.ts).
 */
import { writeSync } from 'node:fs';
import { randomId } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import {
  minute,
  now,
  sampleArtifact,
  sampleEvent,
  sampleRange,
  sampleRevocation,
} from './samples.ts';

/** How many writes are under way at once. */
const writers = 8;

async function writeForever(url: string) {
  const { artifacts, revocations, statusRanges, audit, documents } = await openStore({ url });
  // Synchronously, so that an acknowledged write is named before the process can be killed.
  const acknowledge = (what: string, id: string) => writeSync(1, `${what} ${id}\n`);
  const writeOne = async () => {
    const id = randomId();
    await artifacts.put(sampleArtifact({ id, expiresAt: now + 10 * minute }));
    acknowledge('put', id);
    await artifacts.consume('RefreshToken', id, now);
    acknowledge('consumed', id);
    const expiresAt = now + 10 * minute;
    const sequence = await revocations.put(sampleRevocation({ key: id, work: id, expiresAt }));
    acknowledge('revoked', id);
    await revocations.finish(id, sequence);
    acknowledge('finished', id);
    await statusRanges.add(sampleRange({ list: id, expiresAt }));
    acknowledge('allocated', id);
    await audit.append([sampleEvent({ id, userId: id })]);
    acknowledge('audited', id);
    await audit.append([sampleEvent({ userId: `${id}:routine` })], { routine: true });
    acknowledge('audited', `${id}:routine`);
    await documents.compareAndSet(id, 0, id);
    acknowledge('documented', id);
  };
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (;;) await writeOne().catch(() => {});
    }),
  );
}

const url = process.argv[2];
if (import.meta.main && url) await writeForever(url);
