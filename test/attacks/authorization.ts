/**
 * Authorization requests as an attacker writes them: every parameter can be changed, left out or sent twice.
 */
import { randomId, sha256 } from '../../src/digests.ts';
import { callback } from './configuration.ts';

export type Pairs = [name: string, value: string][];

/** `undefined` leaves a parameter out. */
export type Changes = Record<string, string | undefined>;

export const verifier = randomId(32);

const request = {
  client_id: 'app',
  response_type: 'code',
  redirect_uri: callback,
  scope: 'openid',
  state: 'the-state',
  code_challenge: sha256(verifier),
  code_challenge_method: 'S256',
};

/** A request that is in order but for the changes. */
export function parameters(changes: Changes = {}): Pairs {
  return Object.entries({ ...request, ...changes }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
}

export function authorizeUrl(issuer: string, changes: Changes = {}, more: Pairs = []): string {
  return `${issuer}/authorize?${new URLSearchParams([...parameters(changes), ...more])}`;
}
