/**
 * The languages of the pages. A new language is an entry here and a file in views/texts/.
 */
export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];

export const defaultLocale: Locale = 'en';
