/**
 * The texts of the pages in each language (views/texts), and how values are filled in.
 */

import accountDe from '../../views/texts/account/de.json' with { type: 'json' };
import accountEn from '../../views/texts/account/en.json' with { type: 'json' };
import de from '../../views/texts/de.json' with { type: 'json' };
import en from '../../views/texts/en.json' with { type: 'json' };
import inspectorDe from '../../views/texts/inspector/de.json' with { type: 'json' };
import inspectorEn from '../../views/texts/inspector/en.json' with { type: 'json' };
import mailsDe from '../../views/texts/mails/de.json' with { type: 'json' };
import mailsEn from '../../views/texts/mails/en.json' with { type: 'json' };
import type { LocalText } from '../config/schema/local_text.ts';
import type { Locale } from '../definitions/locales.ts';
import { day, hour, minute } from '../definitions/units.ts';
import { escapeHtml } from './display_text.ts';

export type Texts = typeof en & { account: typeof accountEn; inspector: typeof inspectorEn };

export const pageTexts: Record<Locale, Texts> = {
  en: { ...en, account: accountEn, inspector: inspectorEn },
  de: { ...de, account: accountDe, inspector: inspectorDe },
};

export type MailTexts = typeof mailsEn;

/** Of mails: no page has them. */
export const mailTexts: Record<Locale, MailTexts> = { en: mailsEn, de: mailsDe };

/** A standard scope (OpenID Connect Core sections 5.4 and 11) in plain words. Undefined for others. */
export function standardScopeText(
  locale: Locale,
  scope: string,
): { title: string; description: string } | undefined {
  const { scopes } = pageTexts[locale];
  return isKey(scopes, scope) ? scopes[scope] : undefined;
}

/** A scope that is about a person in plain words: the operator's, or else our own, or else its name. */
export function personScopeText(
  locale: Locale,
  scope: string,
  declared: LocalText | undefined,
): { title: string; description?: string } {
  if (declared !== undefined) return { title: textIn(locale, declared) };
  return standardScopeText(locale, scope) ?? { title: scope };
}

/** That an app learns these facts about the person, by their names. */
export function learnsText(locale: Locale, names: readonly string[]): string {
  return fill(pageTexts[locale].consent.learns, { claims: names.join(', ') });
}

/** A client's name as it stands after a preposition (German: zu, bei, von), where our own are not called by a title. */
export function nameAfterPreposition(
  locale: Locale,
  { name, own }: { name: string; own?: keyof Texts['own_clients'] | undefined },
): string {
  return own ? pageTexts[locale].own_clients[own] : name;
}

/** An operator's text in the page's language, otherwise in the first language it is written in. */
export function textIn(locale: Locale, text: LocalText): string {
  return typeof text === 'string' ? text : (text[locale] ?? Object.values(text)[0] ?? '');
}

/** Codes that mean the same to the person reading them. */
const sameAs: Record<string, keyof Texts['errors']> = {
  forged_request: 'interaction_expired',
};

/**
 * Heading and advice for an error code. Codes without a text of their own get the text for a bad request if
 * their name says so (`invalid_scope`, `unsupported_response_type`), the text for a temporary problem if the
 * status is 503 (store lost, too many sign-ins, no signing key), otherwise the general one.
 */
export function errorText(
  locale: Locale,
  code: string,
  status?: number,
): { title: string; intro: string } {
  const { error, errors } = pageTexts[locale];
  const name = Object.hasOwn(sameAs, code) ? sameAs[code] : code;
  if (name !== undefined && isKey(errors, name)) return errors[name];
  if (status === 503) return errors.temporarily_unavailable;
  return /^(invalid|unsupported|unauthorized)_/.test(code)
    ? errors.invalid_request
    : { title: error.title, intro: error.intro };
}

/** The text with each `{name}` replaced. Plain text: escape it when it is written. */
export function fill(text: string, values: Record<string, string | undefined>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => value(values, name));
}

/** The same as HTML: each value escaped, emphasized, and isolated from the surrounding text direction. */
export function fillHtml(text: string, values: Record<string, string | undefined>): string {
  return escapeHtml(text).replace(
    /\{(\w+)\}/g,
    (_, name: string) => `<strong><bdi>${escapeHtml(value(values, name))}</bdi></strong>`,
  );
}

/** A text as HTML, in which what stands between backticks is code. */
export function codeHtml(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

const units = [
  ['day', day],
  ['hour', hour],
  ['minute', minute],
  ['second', 1],
] as const;

/** Seconds as `90 days`, in the largest unit that has them whole. */
export function lasting(locale: Locale, seconds: number): string {
  const [unit, length] = units.find(([, size]) => seconds % size === 0) ?? ['second', 1];
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(seconds / length);
}

/** `3 May 2031 at 14:03 UTC`: where the reader is, nobody knows. `at`: milliseconds since the epoch. */
export function instantText(locale: Locale, at: number): string {
  const format = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    ...{ dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' },
  });
  return `${format.format(at)} UTC`;
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
  if (found === undefined) throw new TypeError(`there is no value for {${name}}`);
  return found;
}

/** Own keys only, so that a code named `constructor` finds nothing. */
function isKey<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}
