/**
 * What a worker process of a node runs. It loads neither the command line nor the configuration's schemas:
 * the primary has read and checked everything.
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
    // Those that start next have it; otherwise it is written at the end.
    flushCompileCache();
    return worker;
  },
});
process.exit(code);
