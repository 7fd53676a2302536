/**
 * What knip (`npm run check`) goes from: everything that is not reached from here is unused. A script is reached where
 * an npm script names it, so that no other stays.
 */
import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const started = Object.values(scripts).flatMap(
  (command) => command.match(/\b(?:scripts|test)\/[\w/]+\.ts\b/g) ?? [],
);

export default {
  workspaces: {
    '.': {
      entry: [
        ...started,
        'test/**/*.test.ts',
        // Loaded by the folder that it lists.
        'scripts/compatibility/programs/*/program.ts',
        // Loaded by the pages.
        'views/scripts/*.js',
      ],
      project: [
        '{bin,demo,harness,scripts,src,test,views}/**/*.{js,ts}',
        '!src/verifier/**',
        // They import what is installed elsewhere.
        '!scripts/compatibility/programs/*/app/**',
      ],
      // Loaded by their names: the log of a terminal, the rules that pages are tested with.
      ignoreDependencies: ['pino-pretty', 'axe-core'],
      // What the machine may have, and tests and measurements use then.
      ignoreBinaries: ['mongod', 'nginx', 'openssl', 'promtool', 'script', 'wrk'],
    },
    'src/verifier': { project: ['**/*.ts'] },
  },
  // The table (src/admin/table.ts) has all of them; the console imports by name those that it calls.
  ignoreIssues: { 'src/admin/operations/*.ts': ['exports'] },
};
