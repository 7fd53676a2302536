/**
 * HTTP Basic whose parts are not form-encoded. The library reads the encoded form only (RFC 6749 section 2.3.1):
 * credentials that are right as they were sent are put into that form before it reads them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import { type BasicCredentials, basicReadings } from '../../clients/room.ts';

/**
 * Replaces the `authorization` header where its credentials are those of a client as they were sent, and are not in the
 * encoded form. Everything else is left to the library, which refuses and records it once.
 */
export async function encodeBasic(
  { Client }: Provider,
  headers: Pick<IncomingHttpHeaders, 'authorization'>,
): Promise<void> {
  const [, credentials = ''] =
    /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
  const readings = basicReadings(credentials);
  const asSent = readings.at(-1);
  if (!asSent || readsOneWay(asSent)) return;
  for (const reading of readings) {
    const client = await Client.find(reading.clientId);
    if (!(await client?.compareClientSecret(reading.secret))) continue;
    if (reading === asSent) headers.authorization = encodedHeader(asSent);
    return;
  }
}

/** The same ahead of the library's own routes. */
export function encodeBasicOf(provider: () => Provider): Middleware {
  return async function encodeBasicLayer(ctx, next) {
    await encodeBasic(provider(), ctx.headers);
    await next();
  };
}

/** Whether both readings are one. */
function readsOneWay({ clientId, secret }: BasicCredentials): boolean {
  return !/[+%]/.test(clientId + secret);
}

function encodedHeader({ clientId, secret }: BasicCredentials): string {
  const text = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
