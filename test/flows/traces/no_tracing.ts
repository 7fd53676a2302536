/**
 * Loaded into a process before its program (`--import`): whatever imports the SDK of OpenTelemetry fails.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    // The metrics library names the API for itself.
    if (/^@opentelemetry\/(?!api$)/.test(specifier)) throw new Error(`${specifier} was imported`);
    return nextResolve(specifier, context);
  },
});
