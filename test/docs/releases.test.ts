/** What a release is made of: the changelog, the versions and the license. docs/releasing.md has the way. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { dateUnreleased } from '../../scripts/prepare_release.ts';
import { root } from './pages.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const entries = '### Added\n\n- One.\n\n### Fixed\n\n- Two.\n';
const before = `# Changelog\n\nIntroduction.\n\n## Unreleased\n\n${entries}`;
const older = '\n## 0.1.0 - 2026-01-01\n\n- First.\n';

describe('Changelog of a release', () => {
  test('A release moves the unreleased entries under its version and date and leaves an empty section', () => {
    assert.equal(
      dateUnreleased(before + older, '0.2.0', '2026-02-03'),
      `# Changelog\n\nIntroduction.\n\n## Unreleased\n\n## 0.2.0 - 2026-02-03\n\n${entries}${older}`,
    );
  });

  test('An empty or repeated release and a changelog without the section are refused', () => {
    const empty = `# Changelog\n\n## Unreleased\n${older}`;
    assert.throws(() => dateUnreleased(empty, '0.2.0', '2026-02-03'), /nothing under "Unreleased"/);
    assert.throws(() => dateUnreleased(before + older, '0.1.0', '2026-02-03'), /0\.1\.0 already/);
    assert.throws(() => dateUnreleased(older, '0.2.0', '2026-02-03'), /no section/);
  });

  test("The project's changelog is ready for a release", () => {
    assert.match(read('CHANGELOG.md'), /^## Unreleased\n/m);
  });
});

test('Cardea and its verifier have the same version and license', () => {
  const packages = ['package.json', 'src/verifier/package.json'].map((path) =>
    JSON.parse(read(path)),
  );
  const { packages: locked } = JSON.parse(read('package-lock.json'));
  const [version] = packages.map((one) => one.version);
  assert.deepEqual(
    packages.map((one) => [one.version, one.license]),
    [
      [version, 'Apache-2.0'],
      [version, 'Apache-2.0'],
    ],
  );
  assert.deepEqual([locked[''].version, locked['src/verifier'].version], [version, version]);
  assert.match(read('LICENSE'), /^ +Apache License\n +Version 2\.0/);
});
