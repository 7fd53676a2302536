/**
 * A request as bytes: what no client library would send.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

export type RawAnswer = { status: number; head: string; body: string };

/** Sends the bytes, reads to the end of the connection (which the request should ask to close). */
export async function sendRaw(url: string, request: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.setTimeout(5000, () => socket.destroy());
  socket.write(request);
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString();
  const [head = '', ...body] = text.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body: body.join('\r\n\r\n') };
}
