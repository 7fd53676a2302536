/** Builds what is written in Go or Rust, as `program` in its folder, with exactly the versions of its lock file. */
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../processes.ts';
import type { Place } from '../program.ts';

export async function buildGo({ folder }: Place): Promise<void> {
  const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' };
  await run('go', ['build', '-p', '2', '-o', 'program', '.'], { folder, env });
}

/** The Rust programs share what they compile: most of their dependencies are the same. The first takes minutes. */
export async function buildRust({ folder }: Place): Promise<void> {
  const target = join(dirname(folder), 'rust-target');
  const env = { CARGO_PROFILE_DEV_DEBUG: '0', CARGO_INCREMENTAL: '0' };
  await run('cargo', ['build', '--locked', '-j2', '--target-dir', target], { folder, env });
  await copyFile(join(target, 'debug', 'program'), join(folder, 'program'));
}

/** Installs a program of a module, such as `example.com/module/cmd/program@v1.2.3`, into the folder. */
export async function installGo({ folder }: Place, program: string): Promise<void> {
  await run('go', ['install', '-p', '2', program], {
    folder,
    env: { CGO_ENABLED: '0', GOBIN: folder },
  });
}
