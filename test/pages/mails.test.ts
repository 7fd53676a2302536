/** Every mail in every language: whole, the same as HTML and as text, and without anything that is loaded from elsewhere. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { locales } from '../../src/definitions/locales.ts';
import type { MailTemplate } from '../../src/mail/room.ts';
import { contrast } from '../../src/pages/colors.ts';
import { mailSamples, samplesAt } from '../../src/pages/mails/mail_samples.ts';
import { createMailViews, type MailLook } from '../../src/pages/mails/mail_views.ts';
import { elementsOf } from '../support/html.ts';

const issuer = 'https://id.example';
const usual: MailLook = { name: 'Northwind', accent: '#4f46e5' };

const errors: object[] = [];
function viewsWith(look: MailLook, templates?: string) {
  const log = { error: (fields: object) => void errors.push(fields) };
  return createMailViews({ pages: { templates }, look: () => look, issuer, log });
}
const views = viewsWith(usual);

const to = 'alice@example.com';
const all = (Object.keys(mailSamples) as MailTemplate[]).flatMap((template) =>
  Object.entries(mailSamples[template]).flatMap(([state, data]) =>
    locales.map((locale) => ({
      ...{ name: `${template} ${state} ${locale}`, template, locale, data },
      mail: views.render(template, data as never, { locale, to, now: samplesAt }),
    })),
  ),
);

/** A folder of an operator's with these templates. */
async function folderOf(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-mails-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'mails'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('Mails in words', () => {
  test('Each mail says all that it has to say, as HTML and as text, with nothing left open', () => {
    for (const { name, data, mail } of all) {
      const { subject, html, text } = mail;
      assert.match(subject, /^\S[^\r\n]{5,148}\S$/, name);
      const shown = elementsOf(html).length > 10 && html;
      assert.ok(shown, name);
      for (const part of [html, text]) {
        assert.ok(!/\{\w+\}|undefined|\[object|NaN/.test(part), name);
        assert.ok(part.includes('Northwind') && part.includes('id.example'), name);
      }
      const given = data as Record<string, unknown>;
      for (const member of ['url', 'code', 'accountUrl', 'signInUrl']) {
        const value = given[member];
        if (typeof value !== 'string') continue;
        assert.ok(html.includes(`>${value}<`), `${name} ${member}`);
        const lines = text.split('\n').map((line) => line.trim());
        assert.ok(lines.includes(value), `${name} ${member}`);
      }
    }
  });

  test('Each language has words of its own for each mail', () => {
    const byName = new Map(all.map(({ name, mail }) => [name, mail]));
    for (const { name, mail } of all.filter(({ locale }) => locale === 'en')) {
      const other = byName.get(name.replace(/en$/, 'de'));
      assert.ok(other && other.subject !== mail.subject && other.text !== mail.text, name);
    }
  });

  test('A mail says how long its link works, and to an old address not the whole new one', () => {
    const english = (template: string, state = 'usual') =>
      all.find(({ name }) => name === `${template} ${state} en`)?.mail.text ?? '';
    assert.match(english('sign_in_link'), /The link and the code work once, for 10 minutes\./);
    assert.match(english('verify_address', 'link'), /The link works once, for 10 minutes\./);
    assert.match(english('verify_address', 'new_account'), /wants to create an account at /);
    assert.doesNotMatch(english('verify_address'), /create an account/);
    assert.match(english('address_changed'), /until 10 May 2031 at 14:03 UTC\./);
    assert.match(english('address_changed'), /New address: a…s@example\.com/);
    assert.match(english('account_deletion'), /for good on 10 May 2031 at 14:03 UTC/);
  });

  test('A link that is none is a mistake of the caller', () => {
    const data = { url: 'javascript:alert(1)', expiresAt: samplesAt };
    assert.throws(
      () => views.render('verify_address', data, { locale: 'en', to, now: samplesAt }),
      TypeError,
    );
  });
});

describe('Mails as HTML', () => {
  test('Nothing is loaded, run or sent anywhere, and links lead where the mail says', () => {
    for (const { name, data, mail } of all) {
      const own = Object.values(data as object);
      for (const { tag, attributes } of elementsOf(mail.html)) {
        assert.ok(
          !['img', 'script', 'link', 'iframe', 'form', 'object', 'base'].includes(tag),
          name,
        );
        if (tag === 'a') assert.ok(own.includes(attributes.href), `${name} ${attributes.href}`);
        assert.ok(
          !Object.keys(attributes).some((attribute) => /^(on|src|background)/.test(attribute)),
        );
      }
      assert.ok(!/url\(|@import|@font-face/.test(mail.html), name);
    }
  });

  test('Mail programs are told language and direction, that it is made for light and dark, and which tables are no tables', () => {
    for (const { name, locale, mail } of all) {
      const elements = elementsOf(mail.html);
      const [root] = elements;
      assert.deepEqual(root?.attributes, { lang: locale, dir: 'ltr' }, name);
      const meta = elements.filter(({ tag }) => tag === 'meta').map(({ attributes }) => attributes);
      assert.ok(meta.some((one) => one.name === 'color-scheme' && one.content === 'light dark'));
      for (const { tag, attributes } of elements)
        if (tag === 'table') assert.equal(attributes.role, 'presentation', name);
      assert.equal(elements.filter(({ tag }) => tag === 'h1').length, 1, name);
    }
  });

  test('Buttons and links can be read whatever the color of the operator is', () => {
    for (const accent of ['#000000', '#ffffff', '#ffff00', '#4f46e5', '#808080']) {
      const { html } = viewsWith({ ...usual, accent }).render(
        ...(['verify_address', mailSamples.verify_address.usual as never] as const),
        { locale: 'en', to, now: samplesAt },
      );
      const [, background = '', color = ''] =
        /border-radius: 8px; background: (#\w{6});">\s*<a [^>]*color: (#\w{6})/.exec(html) ?? [];
      assert.ok(contrast(background, color) >= 4.5, `${accent} ${background} ${color}`);
      const [, light = ''] = /a \{ color: (#\w{6})/.exec(html) ?? [];
      const [, dark = ''] = /a\.link \{ color: (#\w{6})/.exec(html) ?? [];
      assert.ok(contrast(light, '#ffffff') >= 4.5 && contrast(dark, '#17191e') >= 4.5, accent);
    }
  });

  test('The logo of the operator is there where it has an address, with the name beside it or in its place', () => {
    const render = (logo: MailLook['logo']) =>
      viewsWith({ ...usual, logo }).render('test', {}, { locale: 'en', to, now: samplesAt }).html;
    const url = 'https://id.example/assets/logo.0123.png';
    const pictures = (html: string) => elementsOf(html).filter(({ tag }) => tag === 'img');
    for (const wide of [true, false]) {
      const [image, ...more] = pictures(render({ url, wide }));
      assert.deepEqual([image?.attributes.src, image?.attributes.alt], [url, 'Northwind']);
      assert.equal(more.length, 0);
    }
    assert.equal(pictures(render(undefined)).length, 0);
  });
});

describe("An operator's templates of mails", () => {
  const context = { locale: 'en', to, now: samplesAt } as const;

  test('One of them replaces the built-in one, and the other stays', async (t) => {
    const text = 'Ours: <%~ it.words.subject %>\n<%~ it.paragraphs.join("\\n") %>';
    const own = viewsWith(usual, await folderOf(t, { 'mails/text.eta': text }));
    const mail = own.render('test', {}, context);
    assert.match(mail.text, /^Ours: Mail from Northwind works/);
    assert.match(mail.html, /^\s*<!doctype html>/);
  });

  test('One that fails for any mail stops the start, with its line', async (t) => {
    const broken = await folderOf(t, { 'mails/html.eta': '<p>\n<%= it.nothing.there %>\n</p>' });
    assert.throws(() => viewsWith(usual, broken), {
      ...{ code: 'invalid_configuration', message: /html\.eta.*line 2/s },
    });
    const unclosed = await folderOf(t, { 'mails/html.eta': '<% if (' });
    assert.throws(() => viewsWith(usual, unclosed), { code: 'invalid_configuration' });
  });

  test('One that fails later is told, and the built-in one is used', async (t) => {
    const text = '<%~ it.look.name === "Acme" ? it.nothing.there : "ours" %>';
    const look = { ...usual };
    const own = viewsWith(look, await folderOf(t, { 'mails/text.eta': text }));
    look.name = 'Acme';
    errors.length = 0;
    assert.match(own.render('test', {}, context).text, /This is a test\. Acme can send mail/);
    assert.equal(errors.length, 1);
  });
});
