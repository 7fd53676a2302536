#!/usr/bin/env node
/**
 * The `cardea` command on whatever Node runs it. Plain JavaScript, because an older Node has to understand it, and
 * because reading TypeScript takes a compiler of 18 MB: with the cache that is switched on here no process of Cardea
 * loads that, after the first start.
 */
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { isNewEnough, runOnPinnedNode } from './pinned_node.js';

if (isNewEnough) {
  // Within the project, not in a folder for temporary files, where another user of the machine could leave code
  // for us to run. In the environment, so that all processes that are started from here have it.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
    new URL('../node_modules/.cache/cardea', import.meta.url),
  );
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import('../src/main.ts');
} else {
  runOnPinnedNode([fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
