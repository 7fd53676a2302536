/**
 * What the configuration's tests share: files in a folder that goes away, and the mistakes of a load.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { ConfigError, type Problem } from '../../src/config/problems.ts';

export const secret = 'NrB-YvtshMuby0FxVlpmQTA8tMBrtxYwI5KfScT2Nec';

export const production = { CARDEA_ISSUER: 'https://id.example', CARDEA_SECRET: secret };

/** Loads without touching the folder of development secrets. */
export function load(env: NodeJS.ProcessEnv, options: LoadOptions = {}): Promise<Config> {
  return loadConfig(env, { developmentSecret: async () => secret, ...options });
}

/** The mistakes of a configuration that must have some. */
export async function problemsOf(
  env: NodeJS.ProcessEnv,
  options?: LoadOptions,
): Promise<Problem[]> {
  const error = await load(env, options).then(
    () => assert.fail('the configuration was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, String(error));
  for (const { where, problem, remedy } of error.problems) {
    assert.ok(where && problem && remedy, 'each mistake has a place, a problem and a remedy');
  }
  return [...error.problems];
}

/** The places of all mistakes, sorted. */
export async function placesOf(env: NodeJS.ProcessEnv, options?: LoadOptions): Promise<string[]> {
  return (await problemsOf(env, options)).map(({ where }) => where).sort();
}

/** A folder for one test, and a function that writes a file into it and answers its path. */
export async function temporaryFiles(
  context: TestContext,
): Promise<{ folder: string; write: (name: string, content: string | Buffer) => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-config-'));
  context.after(() => rm(folder, { recursive: true }));
  return {
    folder,
    async write(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
  };
}

/** Loads a declarative file of this text in an otherwise right production configuration. */
export async function withFile(
  context: TestContext,
  text: string,
  env: NodeJS.ProcessEnv = {},
): Promise<NodeJS.ProcessEnv> {
  const { write } = await temporaryFiles(context);
  return { ...production, CARDEA_CONFIG: await write('cardea.yaml', text), ...env };
}
