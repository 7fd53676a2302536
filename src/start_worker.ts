/**
 * One worker: the application on its port, as http/workers.ts runs it.
 */
import { createApp } from './app.ts';
import type { Config } from './config/config.ts';
import { createHealth } from './http/health.ts';
import type { Log } from './http/log.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer } from './http/server.ts';
import type { Worker } from './http/workers.ts';

export async function startWorker(config: Config, log: Log): Promise<Worker> {
  const metrics = createMetrics();
  const app = await createApp({ config, log, metrics });
  const health = createHealth({ store: app });
  const server = createHttpServer({ app: app.koa, settings: config, log });
  const { port } = await server.listen().catch(async (error) => {
    await app.close();
    throw error;
  });
  return {
    port,
    ready: health.ready,
    metrics: () => metrics.snapshot(),
    async close() {
      health.stopping();
      await server.close();
      await app.close();
    },
  };
}
