/**
 * The door of this room: what other rooms may import.
 */

export { type BasicCredentials, basicReadings } from './basic_credentials.ts';
export type { BuiltInClient } from './built_in_clients.ts';
export { createClientCheck, type EngineCheck } from './client_check.ts';
export type { ImportedClient, ImportedClients } from './imported_clients.ts';
export {
  createKnownClients,
  type FindClient,
} from './known_clients.ts';
export { operatorsPart, withAllowed, withinBounds } from './operator_bounds.ts';
export type { ClientDocument, RegisteredClient } from './registered_clients.ts';
export { type Clients, createClients } from './service.ts';
export { cameUnasked, describesItself, type OwnSource } from './sources.ts';
export {
  type ClientUsesRecorder,
  createClientUsesRecorder,
  type VerifySecret,
} from './uses.ts';
