/**
 * What tells two answers apart to whoever wants to know which of two accounts exists: status, address, headers and text,
 * without what is random in each, or was typed.
 */
import type { Page } from './user_agent.ts';

export type ComparableAnswer = {
  status: number;
  url: string;
  headers: (readonly [name: string, value: string])[];
  html: string;
};

/** Of the moment, or as long as what was typed. */
const unlike = ['date', 'x-request-id', 'retry-after', 'content-length'];

/** `typed`: what the two differ in, such as a username. */
export function comparable({ url, status, html, headers }: Page, typed = ''): ComparableAnswer {
  const alike = (text: string) => withoutRandom(without(text, typed));
  return {
    ...{ status, url: alike(url), html: alike(html) },
    headers: [...headers]
      .filter(([name]) => !unlike.includes(name))
      .map(([name, value]) => [
        name,
        name === 'set-cookie' ? cookieOf(without(value, typed)) : alike(value),
      ]),
  };
}

function without(text: string, typed: string): string {
  if (typed === '') return text;
  const sealed = Buffer.from(typed).toString('base64url');
  return [typed, encodeURIComponent(typed), sealed].reduce(
    (rest, spelling) => rest.replaceAll(spelling, '{typed}'),
    text,
  );
}

/** Of a cookie everything but its value, whose length stays. */
function cookieOf(line: string): string {
  const [, name, value = '', attributes] = /^([^=]*)=([^;]*)(.*)$/.exec(line) ?? [];
  const lasting = (attributes ?? '').replace(/expires=[^;]*/i, 'expires={time}');
  return `${name}={${value.length} characters}${withoutRandom(lasting)}`;
}

function withoutRandom(text: string): string {
  return text
    .replace(/v1\.[\w.-]+/g, '{sealed}')
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '{request id}')
    .replace(/\d+\.[\w-]{43}/g, '{challenge}')
    .replace(/\/interaction\/[\w-]+/g, '/interaction/{uid}')
    .replace(/[\w-]{43,}/g, '{token}');
}
