/**
 * Loaded into each process of a server ahead of all else: tokens get their `status` claim from
 * constant_assignment.ts, so that what status lists cost is the difference.
 */
import { registerHooks } from 'node:module';

const replaced = new URL('../../../src/tokens/status/status_assignment.ts', import.meta.url).href;
const replacement = new URL('./constant_assignment.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const isReplaced = resolved.url === replaced && context.parentURL !== replacement;
    return isReplaced ? next(replacement, context) : resolved;
  },
});
