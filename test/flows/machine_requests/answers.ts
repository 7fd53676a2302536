/** What is the same each time of an answer and of the log lines about it: the rest is told by its kind. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { RawAnswer } from '../../attacks/raw_request.ts';

export type Answer = {
  status: number;
  headers: Record<string, string>;
  body: unknown;
  /** What was logged about it, oldest first. */
  log: unknown[];
};

/** Whatever is another value at each time, by its name in JSON. */
const changing = new Set([
  ...[
    'iat',
    'exp',
    'nbf',
    'jti',
    'idx',
    'kid',
    'n',
    'x',
    'y',
    'request_id',
    'token_id',
    'instance',
  ],
]);
/** Of a log line. */
const leftOut = new Set(['time', 'pid', 'duration_ms']);
const changingHeaders = new Set(['date', 'x-request-id', 'etag', 'dpop-nonce']);
const ids = /\b(key|project)_[\w-]{22}/g;

type Lines = ReadonlyMap<string, string[]>;

export function answerOf(
  raw: RawAnswer,
  { issuer, lines }: { issuer: string; lines: Lines },
): Answer {
  const { head, body } = withoutContinue(raw);
  const [line = '', ...fields] = head.split('\r\n');
  const headers = headersOf(fields);
  const requestId = headers['x-request-id'] ?? '<none>';
  const stable = (text: string) =>
    text
      .replaceAll(issuer, '<issuer>')
      .replaceAll(requestId, '<request id>')
      .replace(/status-lists\/[\w-]+/g, 'status-lists/<list>')
      .replace(ids, '$1_<id>');
  return {
    status: Number(line.split(' ')[1] ?? 0),
    headers: stableHeaders(headers, body, stable),
    body: stableBody(body, headers['content-type'] ?? '', stable),
    log: (lines.get(requestId) ?? []).map((entry) => stableValue('', JSON.parse(stable(entry)))),
  };
}

/** The lines of a log by the id of the request that they are about. */
export function linesByRequest(logged: string): Lines {
  return Map.groupBy(logged.split('\n'), (line) => /"request_id":"([^"]+)"/.exec(line)?.[1] ?? '');
}

/** An interim response comes before the response. */
function withoutContinue({ head, body }: RawAnswer): { head: string; body: string } {
  if (!/^HTTP\/1\.1 100/.test(head)) return { head, body };
  const [next = '', ...rest] = body.split('\r\n\r\n');
  return { head: next, body: rest.join('\r\n\r\n') };
}

function headersOf(fields: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]} AND ${value}` : value;
  }
  return headers;
}

function stableHeaders(
  headers: Record<string, string>,
  body: string,
  stable: (text: string) => string,
): Record<string, string> {
  const length = Buffer.byteLength(body);
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    if (changingHeaders.has(name)) return [name, `<${name}>`];
    if (name !== 'content-length' || value === '0') return [name, stable(value)];
    if (length === 0) return [name, '<of the body to a GET>'];
    return [name, Number(value) === length ? '<of the body>' : value];
  });
  return Object.fromEntries(entries);
}

function stableBody(body: string, type: string, stable: (text: string) => string): unknown {
  // Pages have tests of their own.
  if (type.startsWith('text/html')) return '<a page>';
  return /[/+]json/.test(type) && body ? stableValue('', JSON.parse(stable(body))) : stable(body);
}

function stableValue(name: string, value: unknown): unknown {
  if (changing.has(name)) return `<${name}>`;
  if (name === 'access_token') return tokenOf(String(value));
  // A second may end while the request is under way.
  if (name === 'expires_in' && value === 599) return 600;
  // Which of two keys was published first is chance.
  if (name === 'keys' && Array.isArray(value)) {
    return value.map((key) => JSON.stringify(stableValue('', key))).sort();
  }
  if (Array.isArray(value)) return value.map((member) => stableValue('', member));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([own]) => !leftOut.has(own));
  return Object.fromEntries(members.map(([own, member]) => [own, stableValue(own, member)]));
}

function tokenOf(token: string): unknown {
  if (token.split('.').length !== 3) return `<opaque, ${token.length} characters>`;
  const decoded = { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  const list = JSON.stringify(decoded).replace(/status-lists\/[\w-]+/g, 'status-lists/<list>');
  const text = list.replace(/http:\/\/127\.0\.0\.1:\d+/g, '<issuer>').replace(ids, '$1_<id>');
  return stableValue('', JSON.parse(text));
}
