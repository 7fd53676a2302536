/**
 * Which language a page speaks. Owns the choice only; the texts are in texts.ts.
 */
import { type Locale, locales } from '../definitions/locales.ts';

export type LocalePreferences = {
  /** `ui_locales`: BCP 47 tags by preference, separated by spaces (OpenID Connect Core 3.1.2.1). */
  uiLocales?: string | undefined;
  /** The Accept-Language header (RFC 9110 section 12.5.4). */
  acceptLanguage?: string | undefined;
  fallback: Locale;
};

/** Both inputs come from strangers: what lies beyond these bounds is not read. */
const maxLength = 1024;
const maxRanges = 20;

/**
 * The first of `ui_locales` that we speak, else the best of Accept-Language, else the fallback.
 * Never throws: what can't be read counts as not said.
 */
export function chooseLocale({ uiLocales, acceptLanguage, fallback }: LocalePreferences): Locale {
  return fromUiLocales(uiLocales) ?? fromAcceptLanguage(acceptLanguage) ?? fallback;
}

function fromUiLocales(value: string | undefined): Locale | undefined {
  for (const tag of entries(value, ' ')) {
    const locale = spoken(tag);
    if (locale) return locale;
  }
  return undefined;
}

/** Highest weight first, the earlier of two equals; weight 0 means "not this one". */
function fromAcceptLanguage(value: string | undefined): Locale | undefined {
  let best: { locale: Locale; weight: number } | undefined;
  for (const entry of entries(value, ',')) {
    const [range = '', ...parameters] = entry.split(';');
    const locale = spoken(range.trim());
    const weight = weightOf(parameters);
    if (locale && weight > (best?.weight ?? 0)) best = { locale, weight };
  }
  return best?.locale;
}

function entries(value: string | undefined, separator: string): string[] {
  return typeof value === 'string'
    ? value.slice(0, maxLength).split(separator, maxRanges).filter(Boolean)
    : [];
}

/** Lookup by primary language: `de-CH-1996` is answered with `de` (RFC 4647 section 3.4). */
function spoken(tag: string): Locale | undefined {
  const language = tag.split('-', 1)[0]?.toLowerCase();
  return locales.find((locale) => locale === language);
}

/** `q=0.8` to 0.8; 1 when nothing is said, 0 when it is said wrongly. */
function weightOf(parameters: string[]): number {
  const quality = parameters
    .map((text) => text.trim().toLowerCase())
    .find((t) => t.startsWith('q='));
  if (!quality) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality.slice(2)) : 0;
}
