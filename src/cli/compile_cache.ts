/**
 * Where compiled code is kept: within the project, not in a folder for temporary files, where another user
 * of the machine could leave code for us to run.
 */
import { fileURLToPath } from 'node:url';

export const compileCacheFolder = fileURLToPath(
  new URL('../../node_modules/.cache/cardea', import.meta.url),
);
