/**
 * The door of this room: what other rooms may use of it.
 */

export { withAllowed, withinBounds } from './bounds.ts';
export {
  clientMarkerKinds,
  createKnownClients,
  type FindClient,
} from './known_clients.ts';
export type { RegisteredClient } from './registered.ts';
export { type Clients, createClients } from './service.ts';
