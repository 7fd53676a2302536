/**
 * The door of this room: what other rooms may use.
 */

export { loadOrCreateDevelopmentSecret } from './development_secret.ts';
export { createSecrets, type Secrets } from './secrets.ts';
