/**
 * The language that a person has chosen: the standard claim `locale` (OpenID Connect Core section 5.1), which apps see, too.
 */
import { type Locale, locales } from '../definitions/locales.ts';
import { pageTexts } from '../pages/texts.ts';
import type { UserRecord } from '../storage/users.ts';
import { type AccountPage, type AccountRequest, notThere } from './page.ts';
import { isManaged, saveClaims } from './profile/saved_claims.ts';

/** As a page takes it that chooses among languages. Undefined: as in the browser. */
export function languageOf({ claims: { locale } }: UserRecord): string | undefined {
  return typeof locale === 'string' ? locale : undefined;
}

const path = '/language';
const section = 'language';

const chosen = (request: AccountRequest): Locale | undefined => {
  const language = languageOf(request.person)?.split('-', 1)[0];
  return locales.find((locale) => locale === language);
};

export const languagePages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'language' },
    async handle(request) {
      const { t, link } = request;
      const current = chosen(request);
      const choices = [
        { value: '', label: t.language.browser, checked: current === undefined },
        ...locales.map((value) => ({
          ...{ value, label: t.language.names[value], checked: value === current },
        })),
      ];
      return {
        page: 'account/language',
        data: { action: link(path), choices, isManaged: isManaged(request) },
      };
    },
  },
  {
    ...{ path, section, method: 'POST', name: 'language.change' },
    async handle(request) {
      const wanted = request.form.get('locale');
      const locale = locales.find((known) => known === wanted);
      if (isManaged(request) || (locale === undefined && wanted !== '')) throw notThere();
      await saveClaims(request, { locale });
      // In the new language; which one the browser wants is known with its next request only.
      if (locale === undefined) return { to: path };
      const { saved } = pageTexts[locale].account.language;
      return { to: path, flash: { tone: 'good', text: saved } };
    },
  },
];
