/**
 * What `npm version` cannot do by itself; npm runs this after it has set the new version and before it commits and
 * tags (docs/releasing.md): the changelog's unreleased section becomes that of the version, and the verifier gets the
 * same version. With --check, which npm runs before it changes anything, it only fails where there is nothing to release.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const files = {
  changelog: `${root}CHANGELOG.md`,
  manifest: `${root}package.json`,
  verifier: `${root}src/verifier/package.json`,
  lockfile: `${root}package-lock.json`,
};

const heading = '## Unreleased\n';

/** The changelog with the unreleased entries under this version, and an empty unreleased section above. */
export function dateUnreleased(changelog: string, version: string, date: string): string {
  assertUnreleased(changelog);
  if (changelog.includes(`## ${version} `)) throw new Error(`CHANGELOG.md has ${version} already.`);
  return changelog.replace(heading, `${heading}\n## ${version} - ${date}\n`);
}

/** Throws where the unreleased section has no entry. */
function assertUnreleased(changelog: string): void {
  const [, after] = changelog.split(heading);
  if (after === undefined) throw new Error('CHANGELOG.md has no section "Unreleased".');
  const [entries = ''] = after.split(/^## /m);
  if (!/^- /m.test(entries)) throw new Error('CHANGELOG.md has nothing under "Unreleased".');
}

async function prepareRelease(): Promise<void> {
  const { version } = JSON.parse(await readFile(files.manifest, 'utf8'));
  const changelog = await readFile(files.changelog, 'utf8');
  const today = new Date().toISOString().slice(0, 10);
  await writeFile(files.changelog, dateUnreleased(changelog, version, today));
  await editJson(files.verifier, (verifier) => {
    verifier.version = version;
  });
  await editJson(files.lockfile, (lockfile) => {
    lockfile.packages['src/verifier'].version = version;
  });
  execFileSync('git', ['add', ...Object.values(files)], { cwd: root });
}

// biome-ignore lint/suspicious/noExplicitAny: files that npm writes
async function editJson(path: string, edit: (content: any) => void): Promise<void> {
  const content = JSON.parse(await readFile(path, 'utf8'));
  edit(content);
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
}

if (import.meta.main) {
  try {
    if (process.argv.includes('--check')) assertUnreleased(await readFile(files.changelog, 'utf8'));
    else await prepareRelease();
  } catch (error) {
    console.error(`Nothing is released: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
