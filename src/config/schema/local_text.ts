/**
 * Texts that people read on pages: one for all languages, or one for each language that pages speak.
 */
import { z } from 'zod';
import { locales } from '../../definitions/locales.ts';

const languageNames = new Intl.DisplayNames('en', { type: 'language' });

export type LocalText = z.output<ReturnType<typeof localText>>;

/** Each version has 1 to `longest` characters (`atLeast` may allow none). */
export function localText(longest: number, atLeast = 1) {
  const text = z.string().min(atLeast).max(longest);
  const inJsonSchema = (locale: string) => [
    locale,
    {
      ...{ type: 'string', minLength: atLeast, maxLength: longest },
      description: `In ${languageNames.of(locale)}.`,
    },
  ];
  const byLanguage = z
    .partialRecord(z.enum(locales), text)
    .refine((texts) => Object.keys(texts).length > 0, { message: 'names no language' })
    .meta({ minProperties: 1, properties: Object.fromEntries(locales.map(inJsonSchema)) });
  return z
    .union([text, byLanguage], {
      error: ({ input }) =>
        input === undefined
          ? 'is missing'
          : `must be a text of at most ${longest} characters, or a map of language (${locales.join(', ')}) to such a text`,
    })
    .meta({ notation: 'text, or map of language to text' });
}
