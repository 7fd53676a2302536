/** Programs of npm: a package.json with exact versions, and the code that uses the package. */
import { run } from '../processes.ts';

export type NpmPackage = {
  /** Its package.json, and the package in it that is tried. */
  manifest: { dependencies: Record<string, string> };
  package: string;
};

/** `id`: the package and its major version, as a client ID. @throws where package.json names a range of versions */
export function idAndVersion({ manifest, package: name }: NpmPackage): {
  id: string;
  version: string;
} {
  const version = manifest.dependencies[name];
  if (!version || !/^\d/.test(version)) throw new Error(`${name} has no exact version`);
  const id = `${name.replace(/^@/, '').replace('/', '-')}-${version.split('.')[0]}`;
  return { id, version };
}

/** Installs what package.json in this folder names. */
export async function installNpm(folder: string): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund'], { folder });
}
