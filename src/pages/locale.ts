/**
 * Chooses the language of a page. The texts themselves are in texts.ts.
 */
import { type Locale, locales } from '../definitions/locales.ts';

export type LocalePreferences = {
  /** `ui_locales`: BCP 47 tags by preference, separated by spaces (OpenID Connect Core 3.1.2.1). */
  uiLocales?: string | undefined;
  /** The Accept-Language header (RFC 9110 section 12.5.4). */
  acceptLanguage?: string | undefined;
  fallback: Locale;
};

/** Strangers send both. Anything beyond these limits is not read. */
const maxHeaderLength = 1024;
const maxRanges = 20;

/**
 * The first of `ui_locales` that is supported, otherwise the best match of Accept-Language, otherwise the
 * fallback. Never throws: what cannot be parsed is ignored.
 */
export function chooseLocale({ uiLocales, acceptLanguage, fallback }: LocalePreferences): Locale {
  return fromUiLocales(uiLocales) ?? fromAcceptLanguage(acceptLanguage) ?? fallback;
}

function fromUiLocales(value: string | undefined): Locale | undefined {
  for (const tag of entries(value, ' ')) {
    const locale = supportedLocale(tag);
    if (locale) return locale;
  }
  return undefined;
}

/** The highest weight wins, the earlier of two equals. Weight 0 means "not this one". */
function fromAcceptLanguage(value: string | undefined): Locale | undefined {
  let best: { locale: Locale; weight: number } | undefined;
  for (const entry of entries(value, ',')) {
    const [range = '', ...parameters] = entry.split(';');
    const locale = supportedLocale(range.trim());
    const weight = weightOf(parameters);
    if (locale && weight > (best?.weight ?? 0)) best = { locale, weight };
  }
  return best?.locale;
}

function entries(value: string | undefined, separator: string): string[] {
  return typeof value === 'string'
    ? value.slice(0, maxHeaderLength).split(separator, maxRanges).filter(Boolean)
    : [];
}

/** Lookup by primary language: `de-CH-1996` matches `de` (RFC 4647 section 3.4). */
function supportedLocale(tag: string): Locale | undefined {
  const language = tag.split('-', 1)[0]?.toLowerCase();
  return locales.find((locale) => locale === language);
}

/** `q=0.8` becomes 0.8. 1 if there is none, 0 if it is malformed. */
function weightOf(parameters: string[]): number {
  const quality = parameters
    .map((text) => text.trim().toLowerCase())
    .find((t) => t.startsWith('q='));
  if (!quality) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality.slice(2)) : 0;
}
