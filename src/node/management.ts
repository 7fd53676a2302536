/**
 * The management port: `/health/live`, `/health/ready`, `/metrics`. Plain node:http, because the primary of a
 * node serves it and loads nothing else.
 */
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { Log } from '../telemetry/log.ts';
import type { Exposition } from '../telemetry/node_metrics.ts';
import { version } from '../version.ts';
import type { RequestHandler } from './ports.ts';

export type ManagementOptions = {
  ready: () => Promise<boolean>;
  metrics: () => Promise<Exposition>;
  log: Pick<Log, 'error'>;
};

type ManagementResponse = { status: number; contentType: string; body: string };

const json = (status: number, value: unknown): ManagementResponse => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});

export function createManagement({ ready, metrics, log }: ManagementOptions): RequestHandler {
  const routes: Record<string, () => ManagementResponse | Promise<ManagementResponse>> = {
    '/health/live': () => json(200, { status: 'live', version }),
    '/health/ready': async () =>
      (await ready())
        ? json(200, { status: 'ready', version })
        : json(503, { status: 'not_ready', version }),
    '/metrics': async () => {
      const { contentType, body } = await metrics();
      return { status: 200, contentType, body };
    },
  };

  const answer = async (
    method: string,
    path: string,
    requestId: string,
  ): Promise<ManagementResponse> => {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route) return json(404, { error: 'not_found' });
    if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'method_not_allowed' });
    try {
      return await route();
    } catch (error) {
      log.error({ err: error, request_id: requestId, path }, 'management request failed');
      return json(500, { error: 'server_error' });
    }
  };

  const serve: RequestListener = async (req, res) => {
    const requestId = randomUUID();
    const [path = ''] = (req.url ?? '').split('?', 1);
    const { status, contentType, body } = await answer(req.method ?? '', path, requestId);
    res.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': requestId,
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    });
    res.end(body);
  };
  return { callback: () => serve };
}
