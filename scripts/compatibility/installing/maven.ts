/** Programs of Maven Central. */
import { type CommandLine, run } from '../processes.ts';
import type { Place } from '../program.ts';

/** Builds the jar that starts the program: `target/app.jar`. What it downloads is where Maven keeps it by default. */
export async function buildJar({ folder }: Place): Promise<void> {
  const words = ['--batch-mode', '--quiet', 'package'];
  await run('mvn', words, { folder, env: { MAVEN_OPTS: '-Xmx512m' } });
}

export function startJar(): CommandLine {
  return ['java', '-Xmx256m', '-jar', 'target/app.jar'];
}

/** Compiles, and copies the dependencies beside the classes. */
export async function buildClasses({ folder }: Place): Promise<void> {
  const words = ['--batch-mode', '--quiet', 'compile', 'dependency:copy-dependencies'];
  await run('mvn', words, { folder, env: { MAVEN_OPTS: '-Xmx512m' } });
}

export function startClass(name: string): CommandLine {
  return ['java', '-Xmx256m', '-cp', 'target/classes:target/dependency/*', name];
}
