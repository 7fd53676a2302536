/**
 * The words of the pages in each language (views/texts), and how values get into them.
 */
import de from '../../views/texts/de.json' with { type: 'json' };
import en from '../../views/texts/en.json' with { type: 'json' };
import type { LocalText } from '../config/schema/local_text.ts';
import type { Locale } from '../definitions/locales.ts';
import { escapeHtml } from './display_text.ts';

export type Texts = typeof en;

export const texts: Record<Locale, Texts> = { en, de };

/** A standard scope (OpenID Connect Core sections 5.4 and 11) in plain words; undefined for others. */
export function standardScopeText(
  locale: Locale,
  scope: string,
): { title: string; description: string } | undefined {
  const { scopes } = texts[locale];
  return isKey(scopes, scope) ? scopes[scope] : undefined;
}

/** An operator's text in the page's language, else in the first that it is written in. */
export function textIn(locale: Locale, text: LocalText): string {
  return typeof text === 'string' ? text : (text[locale] ?? Object.values(text)[0] ?? '');
}

/** Codes that mean the same to the person who reads them. */
const sameAs: Record<string, keyof Texts['errors']> = {
  forged_request: 'interaction_expired',
};

/**
 * Heading and advice for an error code. A code without words of its own is told as a bad request
 * where it blames one (`invalid_scope`, `unsupported_response_type`), as a pause where the status is 503
 * (a lost store, too many sign-ins, no key to sign with), else as any error.
 */
export function errorText(
  locale: Locale,
  code: string,
  status?: number,
): { title: string; intro: string } {
  const { error, errors } = texts[locale];
  const name = Object.hasOwn(sameAs, code) ? sameAs[code] : code;
  if (name !== undefined && isKey(errors, name)) return errors[name];
  if (status === 503) return errors.temporarily_unavailable;
  return /^(invalid|unsupported|unauthorized)_/.test(code)
    ? errors.invalid_request
    : { title: error.title, intro: error.intro };
}

/** The text with each `{name}` replaced, as plain text: to be escaped when it is written. */
export function fill(text: string, values: Record<string, string | undefined>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => value(values, name));
}

/** The same as HTML: every value escaped, emphasised, and isolated from the direction around it. */
export function fillHtml(text: string, values: Record<string, string | undefined>): string {
  return escapeHtml(text).replace(
    /\{(\w+)\}/g,
    (_, name: string) => `<strong><bdi>${escapeHtml(value(values, name))}</bdi></strong>`,
  );
}

/** `in 3 minutes`, rounded up so that it is never too early. */
export function timeFromNow(locale: Locale, seconds: number): string {
  const format = new Intl.RelativeTimeFormat(locale);
  const wait = Math.max(1, Math.ceil(seconds));
  if (wait < 60) return format.format(wait, 'second');
  const minutes = Math.ceil(wait / 60);
  return minutes < 60
    ? format.format(minutes, 'minute')
    : format.format(Math.ceil(minutes / 60), 'hour');
}

function value(values: Record<string, string | undefined>, name: string): string {
  const found = Object.hasOwn(values, name) ? values[name] : undefined;
  if (found === undefined) throw new TypeError(`no value was given for {${name}}`);
  return found;
}

/** Own keys only: a code named `constructor` finds nothing. */
function isKey<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}
