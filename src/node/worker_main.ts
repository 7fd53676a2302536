/**
 * The entry point of a worker process. It loads neither the command line nor the configuration schemas: the
 * primary has read and checked everything.
 */
import { flushCompileCache } from 'node:module';
import { createLog } from '../telemetry/log.ts';
import { runWorkerProcess } from './worker_process.ts';

const code = await runWorkerProcess({
  createLog: ({ logLevel }) =>
    createLog({ level: logLevel, pretty: process.stdout.isTTY === true }),
  startWorker: async (...given) => {
    const { startWorker } = await import('./worker.ts');
    const worker = await startWorker(...given);
    // Writes the cache now, for workers that start next; otherwise it is written at exit.
    flushCompileCache();
    return worker;
  },
});
process.exit(code);
