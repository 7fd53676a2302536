/** Programs in Go: those of this script, and those that the Go module proxy has. */
import { run } from './processes.ts';

/** Builds the program whose source is in the folder. */
export async function goBuild(folder: string): Promise<void> {
  await run('go', ['build', '-o', 'program', '.'], { folder, env: { CGO_ENABLED: '0' } });
}

/** Builds a program of a module, as `go install` takes it, into the folder. */
export async function goInstall(folder: string, program: string): Promise<void> {
  const env = { GOBIN: folder, CGO_ENABLED: '0' };
  await run('go', ['install', program], { folder, env });
}
