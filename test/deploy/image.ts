/**
 * What the container image holds, in a folder: the files that its last stage is made of, and the environment,
 * health check and entry point that the Dockerfile names. There need not be a container engine to run it.
 */
import { cpSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

export type Image = {
  folder: string;
  /** As ENV says. */
  env: Record<string, string>;
  /** Program and arguments, as ENTRYPOINT and CMD say. */
  start: string[];
  /** As HEALTHCHECK says. */
  healthCheck: string[];
};

export function makeImage(): Image {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-image-'));
  for (const path of copiedPaths()) {
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      filter: (source) => !source.endsWith('src/verifier/dist'),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const env = words(/^ENV (.*)$/m).map((word) => word.split('=') as [string, string]);
  return {
    folder,
    env: Object.fromEntries(env),
    start: [...list(/^ENTRYPOINT (\[.*\])$/m), ...list(/^CMD (\[.*\])$/m)],
    healthCheck: list(/^HEALTHCHECK .* CMD (\[.*\])$/m),
  };
}

/** What the build copies out of its context: the last word of a COPY is where to. */
export function copiedPaths(): string[] {
  const lines = dockerfile.matchAll(/^COPY (?!--from)(.*)$/gm);
  return [...lines].flatMap(([, line = '']) => line.split(' ').slice(0, -1));
}

function words(pattern: RegExp): string[] {
  return (pattern.exec(dockerfile)?.[1] ?? '').split(' ');
}

function list(pattern: RegExp): string[] {
  return JSON.parse(pattern.exec(dockerfile)?.[1] ?? '[]');
}
