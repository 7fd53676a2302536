/**
 * What a worker process of a node runs. It loads neither the command line nor the configuration's schemas:
 * the primary has read and checked everything.
 */
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from './compile_cache.ts';

enableCompileCache(compileCacheFolder);
const { createLog } = await import('../http/log.ts');
const { runWorkerProcess } = await import('../http/worker_process.ts');

const code = await runWorkerProcess({
  createLog: ({ logLevel }) =>
    createLog({ level: logLevel, pretty: process.stdout.isTTY === true }),
  startWorker: async (...given) => (await import('./worker.ts')).startWorker(...given),
});
process.exit(code);
