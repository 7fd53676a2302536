/**
 * Pieces of code that pages show, with values of this server in them.
 */
import { shellWord } from './shell_word.ts';

/** An issuer as addresses continue it. */
export function baseOf(issuer: string): string {
  return issuer.replace(/\/$/, '');
}

/** A text of JavaScript. */
export function jsText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** `credentials`: `id:secret`. */
export function curl(
  url: string,
  credentials: string | undefined,
  form: readonly [string, string][],
): string {
  const parts = [
    `curl -s ${shellWord(url)}`,
    ...(credentials ? [`-u ${shellWord(credentials)}`] : []),
    ...form.map(([name, value]) => `-d ${shellWord(`${name}=${encodeURIComponent(value)}`)}`),
  ];
  return parts.join(' \\\n  ');
}
