/** The TypeScript that pages show compiles against the packages as they are. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { blocks, placeOf, root } from './pages.ts';

/** What readers have in their own program. */
const surroundings = `
import * as verifierPackage from '@cardea/verifier';
declare global {
  const { createVerifier, protectKoa, protectExpress, protectFastify, protectFetch }: typeof verifierPackage;
  const verifier: verifierPackage.Verifier;
  const issuer: string;
  const client_secret: string;
  const request: Request;
  const app: InstanceType<typeof import('koa')> & import('express').Express & import('fastify').FastifyInstance;
}
`;

const folder = mkdtempSync(join(tmpdir(), 'cardea-typescript-'));
after(() => rmSync(folder, { recursive: true }));

test('The TypeScript examples in the documentation compile', () => {
  writeFileSync(join(folder, 'surroundings.mts'), surroundings);
  for (const block of blocks.filter(({ language }) => language === 'ts')) {
    const name = placeOf(block).replaceAll(/\W/g, '_');
    writeFileSync(join(folder, `${name}.mts`), `${block.text}\nexport {};\n`);
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const compilerOptions = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: { '@cardea/verifier': [join(root, 'src/verifier/index.ts')] },
  };
  const settings = { extends: join(root, 'tsconfig.json'), include: ['.'], compilerOptions };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stdout);
});
