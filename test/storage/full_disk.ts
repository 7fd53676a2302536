/**
 * A process whose files may not grow as far as it writes (sqlite.test.ts); tells on stdout what became of
 * each write.
 */
import { openStore } from '../../src/storage/open.ts';
import { now, sampleArtifact } from './contract/samples.ts';

const [small, large, beside, after] = [10, 5_000_000, 10, 10].map((length) =>
  sampleArtifact({ payload: { text: 'x'.repeat(length) } }),
);

async function fillDisk(url: string) {
  const store = await openStore({ url });
  const put = async (artifact = sampleArtifact()) =>
    store.artifacts.put(artifact).then(
      () => 'fulfilled',
      (error) => error.code,
    );
  const outcome = {
    small: await put(small),
    // These two share a commit.
    ...Object.fromEntries(
      await Promise.all([
        put(large).then((code) => ['large', code]),
        put(beside).then((code) => ['beside', code]),
      ]),
    ),
    after: await put(after),
    found: await Promise.all(
      [small, large, beside, after].map(async (artifact) =>
        artifact
          ? (await store.artifacts.find(artifact.kind, artifact.id, now)) !== undefined
          : undefined,
      ),
    ),
  };
  await store.close();
  process.stdout.write(JSON.stringify(outcome));
}

const url = process.argv[2];
if (import.meta.main && url) await fillDisk(url);
