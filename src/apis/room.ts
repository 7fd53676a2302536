/**
 * The APIs that tokens are for: those of the declarative file, those that are made while the server runs, and Cardea's
 * own. Owns their records and their lookup, which every process has in memory. What a client may do with them is up to
 * oidc/.
 */
export type { Api } from './api.ts';
export { type ApiRegistry, createApiRegistry } from './registry.ts';
export { type Apis, createApis } from './service.ts';
export { declarationOf, followStoredApis } from './stored_apis.ts';
