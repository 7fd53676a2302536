/**
 * Texts in the languages of the pages, as forms have them: one input for each language. The first is a text for all
 * languages where no other is given.
 */
import type { LocalText } from '../../config/schema/local_text.ts';
import { defaultLocale, locales } from '../../definitions/locales.ts';

/** The default language first. */
const inOrder = [defaultLocale, ...locales.filter((locale) => locale !== defaultLocale)];
const names = new Intl.DisplayNames('en', { type: 'language' });

/** What is added to the name of a field for each language, and what to call it; the first has nothing added. */
export const languages = inOrder.map((locale, index) => ({
  locale,
  suffix: index === 0 ? '' : `.${locale}`,
  name: names.of(locale) ?? locale,
}));

/** From one text for each of `languages`. Undefined: nothing was written. */
export function toLocalText(texts: readonly string[]): LocalText | undefined {
  const written = inOrder.flatMap((locale, index) => {
    const text = (texts[index] ?? '').trim();
    return text ? [[locale, text] as const] : [];
  });
  const [first] = written;
  if (!first) return undefined;
  const isForAll = written.length === 1 && first[0] === defaultLocale;
  return isForAll ? first[1] : Object.fromEntries(written);
}

/** The same in a merge patch: a language that has no text any more goes. */
export function asPatch(text: LocalText | undefined): unknown {
  if (typeof text !== 'object') return text;
  return { ...Object.fromEntries(inOrder.map((locale) => [locale, null])), ...text };
}

/** One text for each of `languages`. */
export function fromLocalText(value: unknown): readonly string[] {
  if (typeof value === 'string') return inOrder.map((_, index) => (index === 0 ? value : ''));
  const texts = (value ?? {}) as Partial<Record<string, string>>;
  return inOrder.map((locale) => texts[locale] ?? '');
}
