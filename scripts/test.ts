/**
 * `npm test`: all tests, or those of the files that are named (other arguments go to node --test too). It
 * gets the MongoDB that they share first, and says at the end, loudly, when there was none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findMongo, mongoIsRequired } from '../harness/mongodb.ts';

// That of the process that computes passwords: on a busy machine the tests would starve it, and sign-ins end with 503.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const given = process.argv.slice(2);
const files = given.some((argument) => !argument.startsWith('-')) ? [] : ['test/**/*.test.ts'];

// As long as this process runs the server is kept.
const patience = setTimeout(() => {
  console.error(
    'Preparing a MongoDB for the tests; the first time on a machine this takes minutes.',
  );
}, 5000);
const mongo = await findMongo();
clearTimeout(patience);
// A file waits for processes, disks and databases half of its time.
const concurrency = `--test-concurrency=${availableParallelism() * 2}`;
// Each file is a process of its own and most of them load all of src/: it is compiled once, not for each of them. The
// folder is the one of bin/cardea.js, for the same reasons.
const compileCache =
  process.env.NODE_COMPILE_CACHE ??
  fileURLToPath(new URL('../node_modules/.cache/cardea', import.meta.url));
// A file that hangs must not hang the whole; the slowest takes a third of this on a busy machine.
const timeout = '--test-timeout=900000';
const child = spawn(process.execPath, ['--test', concurrency, timeout, ...given, ...files], {
  stdio: 'inherit',
  env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
});
const [code] = await once(child, 'exit');

if ('missing' in mongo) {
  console.error(
    [
      '',
      '!'.repeat(78),
      'NOT TESTED ON MONGODB: none can be had on this machine.',
      '',
      mongo.missing,
      '',
      'Set MONGODB_URI, put mongod on the PATH, start Docker, or run as root on Debian.',
      '!'.repeat(78),
    ].join('\n'),
  );
}
process.exit('missing' in mongo && mongoIsRequired ? 1 : (code ?? 1));
