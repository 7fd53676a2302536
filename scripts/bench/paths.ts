/**
 * Everything that is measured, one row each: a new path is one more row.
 */
import type { Load } from './load/load.ts';
import { readDiscovery, readJwks, readStatusList } from './requests/facts.ts';
import { forwardKeys, forwardTokens, verifyKeys } from './requests/keys.ts';
import { exchangeCodes, refresh } from './requests/people.ts';
import {
  exchange,
  introspectJwt,
  introspectOpaque,
  revoke,
  serviceToken,
  unsignedToken,
} from './requests/tokens.ts';
import type { RunningServer } from './servers/running_server.ts';

export type ServerKind = 'Cardea' | 'Cardea, MongoDB' | 'bare library' | 'node:http' | 'openssl';
/** How many: one, or as many as Cardea has workers. */
export type Processes = 'one' | 'all';
/** A path on a server: what one line of the table is about. */
export type Run = { path: string; server: ServerKind; processes: Processes };

export type PathRow = {
  /** As it is given on the command line. */
  name: string;
  /** `seconds`: what works only once is prepared for as long as this. */
  prepare: (server: RunningServer, seconds: number) => Promise<Load>;
  /** Where it is measured. What else it is compared with is in ratios.ts. */
  on: readonly (readonly [ServerKind, Processes])[];
};

const both = (server: ServerKind) => [[server, 'all'] as const, [server, 'one'] as const];
const cardea = [...both('Cardea'), ['Cardea, MongoDB', 'all']] as const;
const [bare, floor] = [both('bare library'), both('node:http')];
// It has its records in its own memory.
const bareAlone = ['bare library', 'one'] as const;

export const paths: readonly PathRow[] = [
  { name: 'service-token', prepare: serviceToken, on: [...cardea, ...bare, ...floor] },
  { name: 'unsigned-token', prepare: unsignedToken, on: floor },
  { name: 'token-exchange', prepare: exchange, on: cardea },
  { name: 'jwt-introspection', prepare: introspectJwt, on: cardea },
  { name: 'opaque-introspection', prepare: introspectOpaque, on: [...cardea, bareAlone] },
  { name: 'revocation', prepare: revoke, on: cardea },
  { name: 'code-exchange', prepare: exchangeCodes, on: [...cardea, bareAlone] },
  { name: 'refresh', prepare: refresh, on: [...cardea, bareAlone] },
  { name: 'key-verification', prepare: verifyKeys, on: cardea },
  { name: 'forward-auth-key', prepare: forwardKeys, on: cardea },
  { name: 'forward-auth-jwt', prepare: forwardTokens, on: cardea },
  { name: 'jwks', prepare: readJwks, on: [...cardea, ...bare] },
  { name: 'discovery', prepare: readDiscovery, on: [...cardea, ...bare] },
  { name: 'status-list', prepare: readStatusList, on: cardea },
];
