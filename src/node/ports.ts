/**
 * The node's two ports: the public one, and the management port that is never reachable through it.
 */
import type { RequestListener } from 'node:http';
import type { Settings } from '../config/config.ts';
import type { Log } from '../telemetry/log.ts';
import { createListener, type ListenerTimeouts } from './listener.ts';

/** An application (http/application.ts), or a Koa application. */
export type RequestHandler = { callback(): RequestListener };

export type HttpServerOptions = {
  app: RequestHandler;
  /** Absent in a worker process: the primary serves it, once per node. */
  management?: RequestHandler | undefined;
  settings: Pick<Settings, 'host' | 'port' | 'managementPort' | 'managementHost'>;
  log: Pick<Log, 'debug' | 'warn'>;
  timeouts?: Partial<ListenerTimeouts> | undefined;
};

export type HttpServer = {
  /** Throws CardeaError `address_in_use` or `cannot_listen`; then neither port is open. */
  listen(): Promise<{ port: number; managementPort: number | undefined }>;
  /** Graceful (listener.ts). The management port closes last, because it reports that the node is stopping. */
  close(): Promise<void>;
};

export function createHttpServer({
  app,
  management,
  settings: { host, port, managementPort, managementHost },
  log,
  timeouts,
}: HttpServerOptions): HttpServer {
  const shared = { log, timeouts };
  const publicListener = createListener({
    ...shared,
    host,
    handler: app.callback(),
    port,
    portVariable: 'CARDEA_PORT',
  });
  const managementListener =
    management &&
    createListener({
      ...shared,
      host: managementHost,
      handler: management.callback(),
      port: managementPort,
      portVariable: 'CARDEA_MANAGEMENT_PORT',
    });

  const close = async () => {
    await publicListener.close();
    await managementListener?.close();
  };
  return {
    async listen() {
      try {
        return {
          managementPort: await managementListener?.listen(),
          port: await publicListener.listen(),
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
