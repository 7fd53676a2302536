/**
 * Which requests may take the direct way: plain ones, of which every limit and special case of Koa's layers holds
 * by itself. Everything else goes through the layers, which know what to do with it.
 */
import type { IncomingMessage } from 'node:http';
import { serverLimits } from '../../definitions/limits.ts';

/** Headers that ask for something special, in any case that a client may write them. */
const special = new Set(['transfer-encoding', 'expect', 'origin', 'upgrade', 'trailer']);

/**
 * Whether it has one Host, a body of known and permitted length (none for GET), no header of `special`, and a target
 * of usual length and without a fragment, which no client should send. `bodyLimit`: bytes.
 */
export function isPlain({ method, url = '', rawHeaders }: IncomingMessage, bodyLimit: number) {
  if (url.length > serverLimits.url || url.includes('#')) return false;
  let hosts = 0;
  let length = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (name === 'host') hosts += 1;
    else if (name === 'content-length') length = Number(rawHeaders[index + 1]);
    else if (special.has(name)) return false;
  }
  return hosts === 1 && length <= (method === 'GET' ? 0 : bodyLimit);
}
