import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { locales } from '../../src/definitions/locales.ts';
import { displayText, escapeHtml, initialOf } from '../../src/pages/display_text.ts';
import {
  errorText,
  fill,
  fillHtml,
  mailTexts,
  pageTexts,
  standardScopeText,
  timeFromNow,
} from '../../src/pages/texts.ts';
import { elementsOf } from '../support/html.ts';

/** `sign_in.intro {client}` for every text: its key and the values it takes. */
function outline(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return [`${path} ${value.match(/\{\w+\}/g)?.sort() ?? ''}`];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    outline(inner, `${path}.${key}`),
  );
}

describe('Page texts', () => {
  test('Every language has the same texts with the same placeholders', () => {
    for (const locale of locales) {
      assert.deepEqual(outline(pageTexts[locale]), outline(pageTexts.en));
      assert.deepEqual(outline(mailTexts[locale]), outline(mailTexts.en));
    }
  });

  test('Every standard scope has a plain description in every language', () => {
    for (const locale of locales) {
      for (const scope of ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']) {
        assert.ok(standardScopeText(locale, scope)?.title, `${locale} ${scope}`);
      }
      assert.equal(standardScopeText(locale, 'orders:read'), undefined);
      assert.equal(standardScopeText(locale, '__proto__'), undefined);
      assert.equal(standardScopeText(locale, 'constructor'), undefined);
    }
  });

  test("An unknown error code has a general text, and a client's mistake the text of a bad request", () => {
    assert.equal(errorText('en', 'access_denied').title, pageTexts.en.errors.access_denied.title);
    assert.equal(
      errorText('en', 'invalid_target').title,
      pageTexts.en.errors.invalid_request.title,
    );
    assert.deepEqual(errorText('en', 'forged_request'), pageTexts.en.errors.interaction_expired);
    assert.equal(errorText('en', 'payload_too_large').intro, pageTexts.en.error.intro);
    assert.equal(errorText('en', '__proto__').title, pageTexts.en.error.title);
  });

  test('A value is inserted once and never parsed as a text', () => {
    assert.equal(fill('{a} and {b}', { a: '{b}', b: '$&' }), '{b} and $&');
    assert.throws(() => fill('{missing}', {}), /\{missing\}/);
  });

  test('In HTML a value is emphasised and escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (name) => {
        const elements = elementsOf(`<p>${fillHtml('To {client} <', { client: name })}</p>`);
        assert.deepEqual(
          elements.map((element) => element.tag),
          ['html', 'head', 'body', 'p', 'strong', 'bdi'],
        );
      }),
    );
  });

  test('A waiting time is rounded up to the unit that people would use', () => {
    assert.equal(timeFromNow('en', 0), 'in 1 second');
    assert.equal(timeFromNow('en', 61), 'in 2 minutes');
    assert.equal(timeFromNow('de', 900), 'in 15 Minuten');
    assert.equal(timeFromNow('de', 3601), 'in 2 Stunden');
  });
});

describe('Display of untrusted text', () => {
  test('Characters that reorder, hide or break text are removed', () => {
    assert.equal(displayText('Shop\u202Eelpmaxe\u0000\n\u200B evil'), 'Shop elpmaxe evil');
    assert.equal(displayText('\u2066\u00ad\ufeff'), '');
    assert.equal(displayText('a\ud800b'), 'a\ufffdb');
    assert.equal(displayText('👩‍💻 Büro ۱'), '👩‍💻 Büro ۱');
  });

  test('Untrusted text is shortened, with a mark where it was cut', () => {
    assert.equal(displayText('x'.repeat(1e6), 10), `${'x'.repeat(9)}…`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        const shown = displayText(text, max);
        assert.ok(shown.length <= max && shown.isWellFormed());
      }),
    );
  });

  test('An avatar shows one character', () => {
    assert.equal(initialOf('northwind'), 'N');
    assert.equal(initialOf('"äpfel"'), 'Ä');
    assert.equal(initialOf('👩‍💻'), '👩‍💻');
    assert.equal(initialOf(''), '?');
    assert.equal(initialOf(`a${'\u0301'.repeat(50)}`), '?');
  });

  test('Escaped text contains no character with a meaning in HTML', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.match(escapeHtml(text), /^([^&<>"']|&(amp|lt|gt|quot|#39);)*$/);
      }),
    );
  });
});
