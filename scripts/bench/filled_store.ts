/**
 * A store that a bench fills once, and measures on in the same run or in a later one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testMongo } from '../../harness/mongodb.ts';
import { newPersonToken } from './scale/people.ts';
import {
  type Installation,
  installCardea,
  removeInstallation,
  startNode,
} from './servers/cardea.ts';

/** With what the bench has to know of what is in it. */
export type Filled<Content> = Content & { installation: Installation };

export type Progress = (what: string, done: number) => void;

const filledFile = 'filled.json';
const startedAt = performance.now();

/**
 * `engine`: `sqlite`, `mongodb` (the one that tests use, and `name` a database there), or the address of a MongoDB.
 * `declared`: in place of the usual configuration. `seed` finds a client, a user, a session, a grant, a refresh token and
 * a token's place in the store, to be copied. Removes what it made where it fails.
 */
export async function fillStore<Content>(
  { engine, name, declared }: { engine: string; name: string; declared?: object },
  seed: (installation: Installation) => Promise<Content>,
): Promise<Filled<Content>> {
  const store = engine === 'mongodb' ? (await testMongo())?.uri(name) : engine;
  if (store === undefined) throw new Error('no MongoDB can be had here');
  const installation = await installCardea(store, declared);
  try {
    const template = await startNode(installation, { workers: 1 });
    await newPersonToken(template);
    await template.stop();
    const filled = { ...(await seed(installation)), installation };
    writeFileSync(join(installation.directory, filledFile), JSON.stringify(filled));
    return filled;
  } catch (error) {
    await removeInstallation(installation);
    throw error;
  }
}

/** What an earlier run kept. */
export function readFilled<Content>(directory: string): Filled<Content> {
  return JSON.parse(readFileSync(join(directory, filledFile), 'utf8'));
}

/** On stderr, with the time since the start and the memory of this process. */
export const progress: Progress = (what, done) => {
  const at = Math.round((performance.now() - startedAt) / 1000);
  const memory = Math.round(process.memoryUsage.rss() / 1_048_576);
  console.error(`${at} s, ${memory} MB: ${what}${done > 0 ? ` ${done}` : ''}`);
};
