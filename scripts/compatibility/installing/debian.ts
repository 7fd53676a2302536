/** Programs that come as Debian packages: used where they are installed, installed where this user may. */
import { run } from '../processes.ts';

/**
 * `wanted`: exact versions by package. Services that packages bring are not used: programs run with folders and ports
 * of their own.
 * @throws where they are not there in these versions and can't be installed
 */
export async function debianPackages(wanted: Record<string, string>): Promise<void> {
  const folder = '/';
  const missing: string[] = [];
  for (const [name, version] of Object.entries(wanted)) {
    const found = await run('dpkg-query', ['--show', name], { folder }).catch(() => '');
    if (found.trim() !== `${name}\t${version}`) missing.push(`${name}=${version}`);
  }
  if (missing.length === 0) return;
  const words = ['install', '--yes', '--no-install-recommends', ...missing];
  await run('apt-get', words, { folder, env: { DEBIAN_FRONTEND: 'noninteractive' } });
}
