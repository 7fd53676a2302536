/** What a person can be asked for besides the scopes of APIs. */
export { createPersonScopes, type PersonScopes } from './person_scopes.ts';
