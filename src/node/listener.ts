/**
 * One listening port: limits and timeouts of its connections, and how it stops. Owns sockets, not what is served.
 */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { serverLimits } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import { beforeHeaders } from '../http/response_headers.ts';
import type { Log } from '../telemetry/log.ts';
import { answerClientError } from './malformed_requests.ts';

/** All in milliseconds. */
export type ListenerTimeouts = {
  headers: number;
  request: number;
  keepAlive: number;
  /** Without any traffic: a client that does not read its response. */
  stalled: number;
  /** The time that running requests get when the listener closes. */
  drain: number;
};

const defaultTimeouts: ListenerTimeouts = {
  headers: serverLimits.headersMs,
  request: serverLimits.requestMs,
  keepAlive: serverLimits.keepAliveMs,
  stalled: 120_000,
  drain: 10_000,
};

export type ListenerOptions = {
  handler: RequestListener;
  host: string;
  /** 0: any free port. */
  port: number;
  /** The variable that sets the port, for the error if it is not available. */
  portVariable: string;
  log: Pick<Log, 'debug' | 'warn'>;
  timeouts?: Partial<ListenerTimeouts> | undefined;
};

export type Listener = {
  /** Resolves with the port. Throws CardeaError `address_in_use` or `cannot_listen`. */
  listen(): Promise<number>;
  /**
   * Accepts nothing more, closes idle connections at once, lets running requests finish, and closes what is
   * left when the drain time is over. Can be called more than once.
   */
  close(): Promise<void>;
};

export function createListener({
  handler,
  host,
  port,
  portVariable,
  log,
  timeouts,
}: ListenerOptions): Listener {
  const limits = { ...defaultTimeouts, ...timeouts };
  /** Open connections, each with its unanswered requests. */
  const connections = new Map<Socket, Set<ServerResponse>>();
  let closing: Promise<void> | undefined;

  const server = createServer({
    maxHeaderSize: serverLimits.headers,
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(2000, limits.headers),
    // Checked in request_limits.ts, which responds like everything else.
    requireHostHeader: false,
    insecureHTTPParser: false,
  });
  server.timeout = limits.stalled;

  const endWhenIdle = (socket: Socket) => {
    if (closing && connections.get(socket)?.size === 0) socket.destroySoon();
  };
  const endAfter = (res: ServerResponse) => {
    if (!res.headersSent) beforeHeaders(res, () => res.setHeader('Connection', 'close'));
  };
  const track = (socket: Socket, res: ServerResponse) => {
    const unanswered = connections.get(socket);
    unanswered?.add(res);
    if (closing) endAfter(res);
    res.on('close', () => {
      unanswered?.delete(res);
      endWhenIdle(socket);
    });
  };
  const serve: RequestListener = (req, res) => {
    track(req.socket, res);
    handler(req, res);
  };

  server.on('connection', (socket) => {
    if (closing) return socket.destroy();
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', serve);
  server.on('checkContinue', (req, res) => {
    // A body that will be refused is not requested.
    if (Number(req.headers['content-length'] ?? 0) <= serverLimits.requestBody) res.writeContinue();
    serve(req, res);
  });
  // Other expectations are ignored, as RFC 9110 section 10.1.1 allows.
  server.on('checkExpectation', serve);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerClientError({ error, socket, busy: (connections.get(socket)?.size ?? 0) > 0, log });
  });

  return {
    listen() {
      return new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          reject(listenError(error, { host, port, portVariable }));
        });
        server.listen({ host, port }, () => {
          const address = server.address();
          resolve(typeof address === 'object' && address ? address.port : port);
        });
      });
    },
    close() {
      closing ??= new Promise((resolve) => {
        const cutOff = setTimeout(() => {
          log.warn(
            { connections: connections.size },
            'requests cut off at the end of the drain time',
          );
          for (const socket of connections.keys()) socket.destroy();
        }, limits.drain);
        // Its error only says that it was not listening.
        server.close(() => {
          clearTimeout(cutOff);
          resolve();
        });
      });
      for (const [socket, unanswered] of connections) {
        for (const res of unanswered) endAfter(res);
        endWhenIdle(socket);
      }
      return closing;
    },
  };
}

function listenError(
  error: NodeJS.ErrnoException,
  { host, port, portVariable }: Pick<ListenerOptions, 'host' | 'port' | 'portVariable'>,
): CardeaError {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const inUse = error.code === 'EADDRINUSE';
  return new CardeaError({
    code: inUse ? 'address_in_use' : 'cannot_listen',
    status: 500,
    message: inUse
      ? `${place} is already in use. Stop the program that uses it, or choose another port with ${portVariable}.`
      : `Can't listen on ${place} (${error.code}). Check CARDEA_HOST and ${portVariable}.`,
    cause: error,
  });
}
