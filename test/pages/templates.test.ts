import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pagesWith } from '../support/pages.ts';

const root = mkdtempSync(join(tmpdir(), 'cardea-templates-'));
after(() => rmSync(root, { recursive: true }));

/** A fresh folder with these files. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(root, 'folder-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

const context = { locale: 'en', requestId: 'request-1' } as const;
const minimalSignOut = `<% layout('@layout', { title: 'Bye' }) %>
<h1>Bye <%= it.data.client ? it.data.client.name : 'you' %></h1><%~ include('@parts/imprint') %>`;

describe('Custom templates', () => {
  test('A custom template replaces the built-in file of its name and may include its own partials', () => {
    const templates = folderWith({
      'pages/signed_out.eta': minimalSignOut,
      'parts/imprint.eta': '<p>Example Ltd</p>',
      'notes.txt': '<% not a template',
    });
    const { views } = pagesWith({ templates, name: 'Example' });
    const signedOut = views.render('signed_out', { client: { name: '<b>Shop' } }, context);
    assert.match(signedOut, /<title>Bye · Example<\/title>/);
    assert.match(signedOut, /<h1>Bye &lt;b&gt;Shop<\/h1><p>Example Ltd<\/p>/);
    assert.match(views.render('device_done', {}, context), /Your device is connected/);
  });

  test('A custom layout is used by the built-in pages', () => {
    const templates = folderWith({ 'layout.eta': '<main class="own"><%~ it.body %></main>' });
    const { views } = pagesWith({ templates });
    assert.match(views.render('signed_out', {}, context), /^<main class="own">/);
  });

  const refused = (files: Record<string, string>, message: RegExp) =>
    assert.throws(() => pagesWith({ templates: folderWith(files) }), {
      code: 'invalid_configuration',
      message,
    });

  test('Templates that do not compile stop the start, all named together', () => {
    const files = {
      'pages/error.eta': '<% if (it.data { %>',
      'parts/alert.eta': 'text <%= it.message ',
      'pages/consent.eta': '<p>fine</p>',
    };
    refused(files, /pages\/error\.eta: Bad template syntax/);
    refused(files, /parts\/alert\.eta: unclosed tag at line 1 col 6/);
  });

  test('A template that fails in any state of its page stops the start with the line', () => {
    refused(
      { 'pages/sign_in.eta': '<h1>\n<%= it.data.client.name %></h1>' },
      /pages\/sign_in\.eta: line 2\n[\s\S]*reading 'name'/,
    );
    refused({ 'pages/error.eta': '<%= it.brand.nmae %>' }, /error\.eta: line 1\n[\s\S]*undefined/);
    refused({ 'parts/alert.eta': '<%~ include("@parts/none") %>' }, /Failed to get template/);
  });

  test('A missing template folder stops the start', () => {
    const missing = join(root, 'missing');
    assert.throws(() => pagesWith({ templates: missing }), {
      code: 'invalid_configuration',
      message: /missing: cannot be read as a folder/,
    });
  });

  test('A template that fails later is replaced by the built-in page, and the failure is logged', () => {
    const trap = `<% if (it.data.code === 'rare') throw new Error('trap') %><p>own</p>`;
    const { views, logged } = pagesWith({ templates: folderWith({ 'pages/error.eta': trap }) });
    assert.equal(views.render('error', { code: 'usual', status: 400 }, context), '<p>own</p>');
    assert.deepEqual(logged, []);
    assert.match(views.render('error', { code: 'rare', status: 400 }, context), /request-1/);
    assert.match(JSON.stringify(logged), /"page":"error".*error\.eta.*"request_id":"request-1"/);
  });
});
