/** Links between the pages, and from them to files of the project, lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { type Page, pages, root } from './pages.ts';

function isBroken(page: Page, href: string): boolean {
  if (/^https?:/.test(href)) return !URL.canParse(href);
  const [path = '', anchor] = href.split('#');
  const target = path ? normalize(join(dirname(page.path), path)) : page.path;
  if (!existsSync(join(root, target))) return true;
  if (anchor === undefined) return false;
  return !pages.find((other) => other.path === target)?.anchors.has(anchor);
}

test('Every link in the documentation leads to an existing file or heading', () => {
  const broken = pages.flatMap((page) =>
    page.links
      .filter(({ text }) => isBroken(page, text))
      .map(({ text, line }) => `${page.path}:${line} ${text}`),
  );
  assert.deepEqual(broken, []);
});
