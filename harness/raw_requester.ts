/**
 * Requests over plain sockets: a tenth of what node:http costs, so that a server which answers in a fraction of
 * a millisecond is measured and not whoever asks it. It knows just enough of HTTP for answers of known length.
 */
import { connect, type Socket } from 'node:net';

type RawAnswer = { status: number; body: string };
/** One request at a time on each connection. */
export type RawRequester = {
  /** A whole request, ASCII. */
  send(connection: number, request: string): Promise<RawAnswer>;
  post(connection: number, path: string, headers: string, body: string): Promise<RawAnswer>;
  close(): void;
};

export async function createRawRequester(url: string, connections: number): Promise<RawRequester> {
  const { hostname, port, host } = new URL(url);
  const opened = await Promise.all(
    Array.from({ length: connections }, () => openConnection(hostname, Number(port))),
  );
  const send = (connection: number, request: string) => {
    const one = opened[connection % connections];
    if (!one) throw new Error('no such connection');
    return one.send(request);
  };
  return {
    send,
    post(connection, path, headers, body) {
      const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n`;
      return send(connection, `${head}${headers}\r\n\r\n${body}`);
    },
    close() {
      for (const { socket } of opened) socket.destroy();
    },
  };
}

type Connection = { socket: Socket; send(request: string): Promise<RawAnswer> };

function openConnection(host: string, port: number): Promise<Connection> {
  let received = '';
  let waiting: { resolve(answer: RawAnswer): void; reject(error: Error): void } | undefined;
  const socket = connect({ host, port, noDelay: true });
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
    if (received.length < end + 4 + length) return;
    const answer = { status: Number(received.slice(9, 12)), body: received.slice(end + 4) };
    received = '';
    waiting?.resolve(answer);
  });
  socket.on('error', (error) => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection')));
  const send = (request: string) =>
    new Promise<RawAnswer>((resolve, reject) => {
      waiting = { resolve, reject };
      socket.write(request, 'latin1');
    });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve({ socket, send }));
    socket.once('error', reject);
  });
}
