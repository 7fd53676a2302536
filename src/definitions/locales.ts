/**
 * The languages of the pages. A new one is a word here and its texts in views/texts/.
 */
export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];

export const defaultLocale: Locale = 'en';
