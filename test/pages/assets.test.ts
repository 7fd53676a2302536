import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createAssets } from '../../src/pages/assets.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardea-assets-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function assetsWith(pages: object = {}, basePath?: string) {
  return createAssets({
    pages: declarationSchema.parse({ pages }).pages,
    basePath: basePath ?? '',
  });
}

/** Signature and image header of a PNG: all that is read of one. */
function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(24);
  header.write('89504e470d0a1a0a0000000d49484452', 'hex');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}

describe('Static files of the pages', () => {
  test('Every asset that a page uses is served under a content hash', () => {
    const { files, urls } = assetsWith();
    for (const url of [urls.stylesheet, urls.theme, urls.script, urls.icon, urls.logo.url]) {
      const asset = files.get(url);
      assert.ok(asset, url);
      assert.match(url, /^\/assets\/\w+\.[0-9a-f]{12}\.(css|js|svg)$/);
      assert.ok(url.includes(asset.etag.slice(1, 13)));
      assert.equal(asset.cacheControl, 'public, max-age=31536000, immutable');
    }
    assert.equal(files.get('/favicon.ico')?.type, 'image/svg+xml');
    assert.doesNotMatch(files.get('/favicon.ico')?.cacheControl ?? '', /immutable/);
  });

  test("A new accent colour changes the stylesheet's URL, so no browser keeps the old one", () => {
    const [one, other] = [assetsWith(), assetsWith({ accent: '#facc15' })];
    assert.notEqual(one.urls.theme, other.urls.theme);
    assert.notEqual(one.urls.logo.url, other.urls.logo.url);
    assert.equal(one.urls.stylesheet, other.urls.stylesheet);
    const mark = String(other.files.get(other.urls.logo.url)?.body);
    assert.ok(mark.includes('#facc15') && mark.includes('#000000') && !mark.includes('#ffffff'));
  });

  test('Asset URLs include the path of the issuer', () => {
    const { files, urls } = assetsWith({}, '/tenant/one');
    assert.ok(urls.script.startsWith('/tenant/one/assets/'));
    assert.ok(files.has(urls.script.slice('/tenant/one'.length)));
  });

  test('An SVG that is opened by itself can run nothing', () => {
    const logo = file('script.svg', '<svg viewBox="0 0 9 9"><script>alert(1)</script></svg>');
    for (const { type, contentSecurityPolicy } of assetsWith({ logo }).files.values()) {
      if (type !== 'image/svg+xml') continue;
      assert.match(contentSecurityPolicy ?? '', /default-src 'none'.*sandbox/);
    }
  });
});

describe("The operator's logo", () => {
  test('The logo is served with the content type of its contents', () => {
    const square = assetsWith({ logo: file('a.svg', png(64, 64)) });
    assert.equal(square.files.get(square.urls.logo.url)?.type, 'image/png');
    assert.match(square.urls.logo.url, /\.png$/);
    assert.equal(square.urls.logo.wide, false);
    // The logo of a mail, in a web mailer.
    const shown = [...square.files.values()].filter(({ isShownElsewhere }) => isShownElsewhere);
    assert.deepEqual(shown, [square.files.get(square.urls.logo.url)]);
    assert.equal(square.files.get('/favicon.ico')?.type, 'image/png');
  });

  test('A wordmark replaces the name and is not used as an icon', () => {
    for (const logo of [
      file('w.png', png(200, 50)),
      file('w.svg', `<?xml version="1.0"?>\n<svg xmlns="x" viewBox="0 0 180.5, 40">`),
      file('v.svg', `<svg height='40' width='180px'>`),
    ]) {
      const { files, urls } = assetsWith({ logo });
      assert.equal(urls.logo.wide, true, logo);
      assert.ok(String(files.get('/favicon.ico')?.body).includes('#4f46e5'));
    }
  });

  test('An unusable logo stops the start with the file and the reason', () => {
    const refused = (logo: string, reason: RegExp) =>
      assert.throws(() => assetsWith({ logo }), { code: 'invalid_configuration', message: reason });
    refused(join(folder, 'missing.svg'), /pages\.logo: .*missing\.svg cannot be read/);
    refused(folder, /cannot be read/);
    refused(file('page.html', '<html><body>'), /page\.html is neither SVG nor PNG/);
    refused(file('large.svg', `<svg>${' '.repeat(600_000)}`), /larger than 512 KiB/);
  });
});
