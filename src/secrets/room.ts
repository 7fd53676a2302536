/**
 * The master secrets and everything derived from them. Does not know what is sealed.
 */

export { loadOrCreateDevelopmentSecret } from './development_secret.ts';
export { createSecrets, type Secrets } from './secrets.ts';
