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
/** How many processes: one, or as many as Cardea has workers. */
export type Processes = 'one' | 'all';
/** A path on a server: what one line of the table is about. */
export type Run = { path: string; server: ServerKind; processes: Processes };

export type PathRow = {
  /** As it is given on the command line. */
  name: string;
  /** `seconds`: what works only once is prepared for as long as this. */
  prepare: (server: RunningServer, seconds: number) => Promise<Load>;
  on: readonly (readonly [ServerKind, Processes])[];
  /** Other paths' measurements that it is compared with. */
  with?: readonly Run[];
};

const both = (server: ServerKind) => [[server, 'all'] as const, [server, 'one'] as const];
const cardea = [...both('Cardea'), ['Cardea, MongoDB', 'all']] as const;
const bareOne = ['bare library', 'one'] as const;

export const opensslRun: Run = { path: 'rsa-signature', server: 'openssl', processes: 'all' };
export const floorRun: Run = { path: 'service-token', server: 'node:http', processes: 'all' };
export const bareIntrospection: Run = {
  ...{ path: 'opaque-introspection', server: 'bare library', processes: 'one' },
};

export const paths: readonly PathRow[] = [
  {
    name: 'service-token',
    prepare: serviceToken,
    on: [...cardea, ...both('bare library'), ...both('node:http')],
    with: [opensslRun],
  },
  { name: 'unsigned-token', prepare: unsignedToken, on: both('node:http') },
  { name: 'token-exchange', prepare: exchange, on: cardea },
  { name: 'jwt-introspection', prepare: introspectJwt, on: cardea, with: [bareIntrospection] },
  { name: 'opaque-introspection', prepare: introspectOpaque, on: [...cardea, bareOne] },
  { name: 'revocation', prepare: revoke, on: cardea },
  { name: 'code-exchange', prepare: exchangeCodes, on: [...cardea, bareOne] },
  { name: 'refresh', prepare: refresh, on: [...cardea, bareOne] },
  { name: 'key-verification', prepare: verifyKeys, on: cardea, with: [floorRun] },
  { name: 'forward-auth-key', prepare: forwardKeys, on: cardea },
  { name: 'forward-auth-jwt', prepare: forwardTokens, on: cardea },
  { name: 'jwks', prepare: readJwks, on: [...cardea, ...both('bare library')] },
  { name: 'discovery', prepare: readDiscovery, on: [...cardea, ...both('bare library')] },
  { name: 'status-list', prepare: readStatusList, on: cardea },
];
