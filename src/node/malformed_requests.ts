/**
 * The response to bytes that are not an HTTP request. There is no request that a layer could answer, so the
 * response is written to the socket.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { serverLimits } from '../definitions/limits.ts';
import { oauthBody } from '../http/error_bodies.ts';
import { errorOfStatus } from '../http/public_error.ts';
import type { Log } from '../telemetry/log.ts';

export type ClientError = {
  error: NodeJS.ErrnoException & { rawPacket?: Buffer };
  socket: Socket;
  /** An earlier request on this connection has no complete response yet: nothing may be written into it. */
  busy: boolean;
  log: Pick<Log, 'debug'>;
};

export function answerClientError({ error, socket, busy, log }: ClientError): void {
  if (busy || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const status = statusOf(error);
  // Without the error's own text and packet, which contain what the client sent.
  log.debug({ request_id: requestId, status, parser_code: error.code }, 'unreadable request');
  const body = JSON.stringify(oauthBody(errorOfStatus(status)));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      `X-Request-Id: ${requestId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function statusOf({ code, rawPacket }: ClientError['error']): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  if (code !== 'HPE_HEADER_OVERFLOW') return 400;
  // The parser counts the request line as part of the headers.
  const firstLine = rawPacket?.indexOf('\r\n') ?? -1;
  return firstLine === -1 || firstLine > serverLimits.url ? 414 : 431;
}
