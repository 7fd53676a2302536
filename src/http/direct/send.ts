/**
 * Sends an answer: one flat list of headers, which Node writes without looking any of them up.
 */
import type { ServerResponse } from 'node:http';
import type { Answer, AnswerHeaders } from '../answer.ts';

/** Headers that every answer of a route has, prepared once. */
export type PreparedHeaders = { names: ReadonlySet<string>; list: readonly string[] };

export function prepareHeaders(headers: AnswerHeaders): PreparedHeaders {
  return { names: new Set(Object.keys(headers)), list: flattened(headers) };
}

/** `headers`: beside the prepared ones, which they replace where the names are the same. */
export function send(
  res: ServerResponse,
  { status, body = '' }: Pick<Answer, 'status' | 'body'>,
  headers: AnswerHeaders,
  prepared: PreparedHeaders,
): void {
  const own = flattened(headers);
  const kept = own.some((name, index) => index % 2 === 0 && prepared.names.has(name))
    ? without(prepared.list, headers)
    : prepared.list;
  const list = [...kept, ...own];
  // A 304 has no body, and tells no length of one (RFC 9110 section 8.6).
  if (status !== 304) list.push('content-length', String(Buffer.byteLength(body)));
  res.writeHead(status, list);
  res.end(body);
}

function flattened(headers: AnswerHeaders): string[] {
  const list: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') list.push(name, value);
    else for (const each of value ?? []) list.push(name, each);
  }
  return list;
}

function without(list: readonly string[], headers: AnswerHeaders): string[] {
  return list.filter((_value, index) => !((list[index - (index % 2)] ?? '') in headers));
}
