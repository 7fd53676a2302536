/**
 * Fetches the document that a client id is the address of (OAuth Client ID Metadata Document sections 4 and 6). Where the
 * request may go, and that it is pinned to one answer of DNS, is up to net/outbound.ts.
 */
import { serverLimits } from '../../../definitions/limits.ts';
import { dayMs, minuteMs } from '../../../definitions/units.ts';
import { deeperThan } from '../../../http/json_depth.ts';
import { unusableDocument } from './unusable_document.ts';

export type FetchedDocument = {
  properties: Record<string, unknown>;
  /** How long it is good, in milliseconds. */
  freshForMs: number;
};

/** Whatever the response says: not more often, and at least once a day. */
const freshness = { least: 5 * minuteMs, most: dayMs };
/** The document, a key set, its list, a key, a list in it. */
const levels = 5;

/** `fetch`: for addresses that strangers give. Throws the library's InvalidClient with what is wrong. */
export async function fetchDocument(
  clientId: string,
  { fetch, now }: { fetch: typeof globalThis.fetch; now: number },
): Promise<FetchedDocument> {
  const response = await fetch(clientId, { headers: { accept: 'application/json' } }).catch(
    (cause: unknown) => {
      throw unfetched(cause);
    },
  );
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    await response.body?.cancel().catch(() => undefined);
    const what = `answered with ${response.status} and the type ${type.slice(0, 100) || 'none'}`;
    throw unusableDocument('it could not be fetched as application/json', { detail: what });
  }
  const properties = parse(await boundedText(response));
  if (properties.client_id !== clientId) {
    throw unusableDocument('its client_id is not its address, character by character');
  }
  return { properties, freshForMs: freshForMs(response.headers, now) };
}

/** `cause`: an error of fetch(), which has its own in it. */
function unfetched(cause: unknown): Error {
  const { cause: inner = cause } = cause as { cause?: unknown };
  return unusableDocument('it could not be fetched', { detail: String(inner), cause });
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > serverLimits.clientDocument) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unfetched(cause);
  }
  if (size <= serverLimits.clientDocument) return Buffer.concat(chunks).toString();
  throw unusableDocument(`it has more than ${serverLimits.clientDocument / 1024} KiB`);
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unusableDocument('it is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unusableDocument('it is not a JSON object');
  }
  if (deeperThan(value, levels)) throw unusableDocument('it is nested too deeply');
  return value as Record<string, unknown>;
}

/** RFC 9111 section 4.2.1, within bounds. */
function freshForMs(headers: Headers, now: number): number {
  const maxAge = /(?:^|,)\s*max-age\s*=\s*(\d+)/i.exec(headers.get('cache-control') ?? '')?.[1];
  const stated =
    maxAge === undefined ? Date.parse(headers.get('expires') ?? '') - now : Number(maxAge) * 1000;
  const { least, most } = freshness;
  return Math.min(Math.max(Number.isNaN(stated) ? least : stated, least), most);
}
