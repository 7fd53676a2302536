/**
 * Loaded before a program (node --import): notes for each process which modules it loads, in a folder that
 * LOADED_MODULES names. Plain JavaScript: it must not itself bring the compiler that it looks for.
 */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

const file = join(process.env.LOADED_MODULES ?? '', String(process.pid));
const note = (name) => appendFileSync(file, `${name}\n`);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    note(resolved.url);
    return resolved;
  },
});
process.on('exit', () => {
  // Node's own compiler of TypeScript.
  for (const name of process.moduleLoadList) if (name.includes('amaro')) note(name);
});
