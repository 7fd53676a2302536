import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { locales } from '../../src/definitions/locales.ts';
import { chooseLocale } from '../../src/pages/locale.ts';

const fallback = 'en';

describe('Language of a page', () => {
  test('The first supported tag in ui_locales takes precedence over Accept-Language', () => {
    assert.equal(
      chooseLocale({ uiLocales: 'fr-CA de-AT en', acceptLanguage: 'en', fallback }),
      'de',
    );
    assert.equal(chooseLocale({ uiLocales: 'fr it', acceptLanguage: 'de', fallback }), 'de');
  });

  test('The highest weight in Accept-Language wins, and the earlier of two equals', () => {
    assert.equal(chooseLocale({ acceptLanguage: 'en;q=0.5, de;q=0.9', fallback }), 'de');
    assert.equal(chooseLocale({ acceptLanguage: 'fr, DE-ch;q=0.8 , en;q=0.8', fallback }), 'de');
  });

  test('A language with a zero or unreadable weight is excluded', () => {
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=0', fallback }), 'en');
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=0.000, *', fallback }), 'en');
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=9, en;q=0.1', fallback: 'de' }), 'en');
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=-1', fallback }), 'en');
  });

  test('A request without a supported language gets the fallback', () => {
    assert.equal(chooseLocale({ fallback: 'de' }), 'de');
    assert.equal(chooseLocale({ uiLocales: '', acceptLanguage: '', fallback: 'de' }), 'de');
    assert.equal(chooseLocale({ uiLocales: 'deutsch', acceptLanguage: '*', fallback }), 'en');
  });

  test('Any header value gives one of the supported languages', () => {
    const piece = fc.constantFrom('de', 'en', '-', ';', 'q=', '0.', '1', ',', ' ', '*', '\0');
    const hostile = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 3000 }).map((p) => p.join('')),
    );
    fc.assert(
      fc.property(hostile, hostile, (uiLocales, acceptLanguage) => {
        assert.ok(locales.includes(chooseLocale({ uiLocales, acceptLanguage, fallback })));
      }),
    );
  });

  test('Header values beyond the length limit are not read', () => {
    assert.equal(chooseLocale({ acceptLanguage: `${'fr,'.repeat(25)}de`, fallback }), 'en');
    assert.equal(chooseLocale({ uiLocales: `${'x'.repeat(1100)} de`, fallback }), 'en');
  });
});
