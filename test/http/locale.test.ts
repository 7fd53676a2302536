import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { locales } from '../../src/definitions/locales.ts';
import { chooseLocale } from '../../src/pages/locale.ts';

const fallback = 'en';

describe('the language of a page', () => {
  test('ui_locales comes before Accept-Language, its first known tag wins', () => {
    assert.equal(
      chooseLocale({ uiLocales: 'fr-CA de-AT en', acceptLanguage: 'en', fallback }),
      'de',
    );
    assert.equal(chooseLocale({ uiLocales: 'fr it', acceptLanguage: 'de', fallback }), 'de');
  });

  test('Accept-Language is weighed, the earlier of two equals wins', () => {
    assert.equal(chooseLocale({ acceptLanguage: 'en;q=0.5, de;q=0.9', fallback }), 'de');
    assert.equal(chooseLocale({ acceptLanguage: 'fr, DE-ch;q=0.8 , en;q=0.8', fallback }), 'de');
  });

  test('a weight of zero or one that can not be read refuses the language', () => {
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=0', fallback }), 'en');
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=0.000, *', fallback }), 'en');
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=9, en;q=0.1', fallback: 'de' }), 'en');
    assert.equal(chooseLocale({ acceptLanguage: 'de;q=-1', fallback }), 'en');
  });

  test('nothing said, or nothing known, is the fallback', () => {
    assert.equal(chooseLocale({ fallback: 'de' }), 'de');
    assert.equal(chooseLocale({ uiLocales: '', acceptLanguage: '', fallback: 'de' }), 'de');
    assert.equal(chooseLocale({ uiLocales: 'deutsch', acceptLanguage: '*', fallback }), 'en');
  });

  test('whatever a stranger sends, the answer is a language we speak', () => {
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

  test('what lies beyond the bounds is not read', () => {
    assert.equal(chooseLocale({ acceptLanguage: `${'fr,'.repeat(25)}de`, fallback }), 'en');
    assert.equal(chooseLocale({ uiLocales: `${'x'.repeat(1100)} de`, fallback }), 'en');
  });
});
