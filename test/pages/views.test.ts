import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Locale, locales } from '../../src/definitions/locales.ts';
import type { PageClient, PageData, PageName } from '../../src/pages/page_data.ts';
import { pageSamples } from '../../src/pages/page_samples.ts';
import { type Element, elementsOf, structureOf } from '../support/html.ts';
import { pagesWith } from '../support/pages.ts';

const { views, assets } = pagesWith();

type Sample = { name: string; page: PageName; data: PageData[PageName] };
const samples: Sample[] = (Object.keys(pageSamples) as PageName[]).flatMap((page) =>
  Object.entries(pageSamples[page]).map(([state, data]) => ({
    name: `${page}, ${state}`,
    page,
    data,
  })),
);

function render({ page, data }: Omit<Sample, 'name'>, locale: Locale = 'en'): string {
  return views.render(page, data, { locale, requestId: 'request-1' });
}

function consentOf(client: PageClient): string {
  const [sample] = Object.values(pageSamples.consent);
  assert.ok(sample);
  return render({ page: 'consent', data: { ...sample, client } });
}

/** What decides which parts a page has; everything else in its data is free text. */
const decisive = new Set([
  ...['state', 'question', 'answer', 'credential', 'check', 'mistake', 'createUrl'],
  ...['id', 'kind', 'tone', 'field', 'appUrl', 'will', 'outcome'],
  'caution',
  'error',
  'own',
  'action',
  'level',
  'step',
  'to',
  'verdict',
  'nextUrl',
  'policyUrl',
  'termsUrl',
  'websiteUrl',
]);

describe('The names of our own clients', () => {
  test('Sentences decline them in German, and say them as words in English', () => {
    for (const [own, locale, intro, cancel] of [
      ['account', 'de', 'Weiter zu Ihrem Konto', 'Abbrechen und zurück zu Ihrem Konto'],
      ['console', 'de', 'Weiter zu der Konsole', 'Abbrechen und zurück zu der Konsole'],
      ['account', 'en', 'Continue to your account', 'Cancel and go back to your account'],
      [undefined, 'de', 'Weiter zu Northwind', 'Abbrechen und zurück zu Northwind'],
    ] as const) {
      const client: PageClient = { name: 'Northwind', host: 'id.example', own };
      const data = { ...pageSamples.sign_in.plain, client, cancelAction: '/cancel' };
      const html = render({ page: 'sign_in', data: data as PageData['sign_in'] }, locale);
      const words = html.replaceAll(/<[^>]+>/g, '');
      assert.ok(words.includes(intro) && words.includes(cancel), `${own} ${locale}`);
    }
  });
});

/** A copy of a page's data in which every free text, and every hidden field, is this one. */
function withText<T>(data: T, text: string, key = ''): T {
  if (typeof data === 'string') {
    return (decisive.has(key) || /(Action|Path)$/.test(key) ? data : text) as T;
  }
  if (Array.isArray(data)) return data.map((entry) => withText(entry, text)) as T;
  if (typeof data !== 'object' || data === null) return data;
  const members = Object.entries(data).map(([name, value]) => [name, withText(value, text, name)]);
  return Object.fromEntries(members) as T;
}

/** Letters that mean something to HTML, URLs, CSS, eta or our own texts, and any others. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['<', '>', '"', "'", '&', '`', '=', '/', ' ', '\n', '\u202e', '\u0000', '\u2028'],
        ...[
          '<script>alert(1)</script>',
          '"><img src=x onerror=alert(1)>',
          "' autofocus onfocus='x",
        ],
        ...['-->', ']]>', '</title>', '</textarea>', '&lt;', '&#60;', '<%', '%>', '{client}', '$&'],
        ...['javascript:alert(1)', '__proto__', '\\', '\u{1f511}'],
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => `x${pieces.join('')}`);

const attributeOf = (element: Element, name: string) => element.attributes[name] ?? '';

describe('Untrusted text in pages', () => {
  test('Untrusted text never adds, removes or changes an element or attribute', () => {
    for (const { page, data } of samples) {
      const harmless = structureOf(render({ page, data: withText(data, 'harmless') }));
      fc.assert(
        fc.property(hostile, fc.constantFrom(...locales), (text, locale) => {
          assert.equal(structureOf(render({ page, data: withText(data, text) }, locale)), harmless);
        }),
        { numRuns: 25 },
      );
    }
  });

  test('Untrusted text is never used as a URL', () => {
    const addresses = fc.constantFrom(
      ...['javascript:alert(1)', 'JaVa\nScript:alert(1)', ' data:text/html,x', 'vbscript:x'],
      ...['//evil.example/x', '/\\evil.example', 'blob:https://x/1', 'file:///etc/passwd', '', 'x'],
    );
    fc.assert(
      fc.property(addresses, (url) => {
        const elements = elementsOf(
          consentOf({ name: 'Shop', policyUrl: url, termsUrl: url, logoUrl: url }),
        );
        assert.deepEqual(
          elements.filter(({ tag }) => tag === 'a'),
          [],
        );
        assert.equal(elements.filter(({ tag }) => tag === 'img').length, 1);
        const leaving = render({ page: 'signing_out', data: { frames: [url], target: url } });
        const links = elementsOf(leaving).filter(({ tag }) => tag === 'a' || tag === 'iframe');
        assert.deepEqual(
          links.map(({ attributes }) => attributes.href ?? attributes.src),
          ['/', '/'],
        );
        for (const page of ['redirecting', 'sign_in'] as const) {
          assert.throws(() => render({ page, data: { action: url, hidden: {} } }), {
            code: 'invalid_form_action',
          });
        }
      }),
    );
  });

  test("A logo from another host is not loaded, and one from Cardea's own is", () => {
    const images = (logoUrl: string) =>
      elementsOf(consentOf({ name: 'Shop', logoUrl }))
        .filter(({ tag }) => tag === 'img')
        .map(({ attributes }) => attributes.src);
    assert.deepEqual(images('https://shop.example/logo.png'), [assets.urls.logo.url]);
    assert.deepEqual(images('/logos/shop'), [assets.urls.logo.url, '/logos/shop']);
  });

  test('A long name is shortened, and an empty one is replaced by the host', () => {
    const heading = (name: string) =>
      elementsOf(consentOf({ name, host: 'shop.example' })).find(({ tag }) => tag === 'h1')?.text;
    assert.equal(heading('\u202e\u200b '), 'shop.example would like access to your account');
    assert.equal(heading('y'.repeat(500)), `${'y'.repeat(63)}… would like access to your account`);
  });

  test('Hidden fields come back exactly as they were given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), hostile), (hidden) => {
        // HTML itself reads a carriage return as a line feed and NUL as U+FFFD.
        const plain = (text: string) =>
          text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd').toWellFormed();
        const html = render({
          page: 'redirecting',
          data: { action: 'https://shop.example/', hidden },
        });
        const fields = elementsOf(html)
          .filter((element) => attributeOf(element, 'type') === 'hidden')
          .map((element) => [attributeOf(element, 'name'), attributeOf(element, 'value')]);
        assert.deepEqual(
          fields,
          Object.entries(hidden).map(([name, value]) => [plain(name), plain(value)]),
        );
      }),
    );
  });
});

describe('Every page in every state and language', () => {
  const pages = locales.flatMap((locale) =>
    samples.map((sample) => {
      const html = render(sample, locale);
      const failed = sample.page !== 'error' && 'error' in sample.data;
      return {
        name: `${sample.name}, ${locale}`,
        html,
        elements: elementsOf(html),
        failed,
        locale,
      };
    }),
  );

  test('Each page declares its language, a title and one heading', () => {
    for (const { name, html, elements, locale, failed } of pages) {
      const all = (tag: string) => elements.filter((element) => element.tag === tag);
      assert.ok(html.startsWith('<!doctype html>'));
      assert.deepEqual(all('html')[0]?.attributes, { lang: locale, dir: 'ltr' });
      assert.equal(all('h1').length, 1, name);
      assert.equal(all('main').length, 1, name);
      const title = all('title')[0]?.text ?? '';
      assert.match(title, /^.+ · Cardea$/);
      const tellsProblem = /^(Error|Fehler): /.test(title);
      // What the person chose is no error.
      const isMistyped = /^(inspect, mistyped|requests, missing)/.test(name);
      const isAnswer = /^account\/(message|outcome, failed)/.test(name);
      const isProblem =
        (failed && !name.includes('aborted')) || name.startsWith('error') || isMistyped || isAnswer;
      assert.equal(tellsProblem, isProblem, `${name}: ${title}`);
    }
  });

  test('Each field and button has a label, and every reference has a target', () => {
    for (const { name: page, elements } of pages) {
      const ids = elements.map((element) => attributeOf(element, 'id')).filter(Boolean);
      assert.equal(new Set(ids).size, ids.length, page);
      for (const name of ['for', 'form', 'aria-describedby', 'aria-labelledby', 'data-reveal']) {
        for (const element of elements) {
          const aims = attributeOf(element, name).split(' ').filter(Boolean);
          for (const aim of aims) assert.ok(ids.includes(aim), `${page}: ${name}=${aim}`);
        }
      }
      const labelled = new Set(
        elements.filter(({ tag }) => tag === 'label').map((label) => attributeOf(label, 'for')),
      );
      for (const { tag, attributes, text } of elements) {
        if (tag === 'input' && /^(text|password)$/.test(attributes.type ?? '')) {
          assert.ok(labelled.has(attributes.id ?? '') && attributes.autocomplete, page);
        }
        if (tag === 'button') assert.ok(text.trim() || attributes['aria-label'], page);
        if (tag === 'img') assert.ok('alt' in attributes, page);
      }
    }
  });

  test('Each page announces a problem and ties it to its fields', () => {
    for (const { name, elements, failed } of pages) {
      const alerts = elements.filter((element) => attributeOf(element, 'role') === 'alert');
      assert.equal(alerts.length, failed ? 1 : 0, name);
      const fields = elements.filter((element) =>
        /^(text|password)$/.test(attributeOf(element, 'type')),
      );
      for (const field of failed ? fields : []) {
        assert.ok(attributeOf(field, 'aria-describedby').split(' ').includes('problem'), name);
      }
    }
  });

  test("Each page has no inline script or style and loads only Cardea's own files", () => {
    const { logo, inspector, account, ...files } = assets.urls;
    const groups = [files, inspector, account].flatMap((group) => Object.values(group));
    const own = new Set<unknown>([logo.url, ...groups]);
    for (const { name, elements } of pages) {
      for (const { tag, attributes, text } of elements) {
        assert.notEqual(tag, 'style', name);
        if (tag === 'script') assert.equal(text, '', name);
        const inline = Object.keys(attributes).filter((key) =>
          /^(on|style$|formaction$)/.test(key),
        );
        assert.deepEqual(inline, [], name);
        const loaded = attributes.src ?? (tag === 'link' ? attributes.href : undefined);
        if (loaded !== undefined) assert.ok(own.has(loaded), `${name}: ${loaded}`);
        // A query alone stays on the page.
        if (tag === 'a' && !attributes.href?.startsWith('?'))
          assert.equal(attributes.rel, 'noopener noreferrer', name);
        if (tag === 'form') assert.equal(attributes.method, 'post', name);
      }
    }
  });
});
