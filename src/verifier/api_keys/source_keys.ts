/**
 * What a token says about the API keys behind it (`api_keys`): their limits and networks when the token was
 * issued. Networks can be enforced here; the total use of a key is known only to Cardea.
 */
import type { AccessTokenClaims } from '../access_tokens/access_token.ts';
import { Refusal } from '../errors.ts';
import { isRecord } from '../value_checks.ts';
import { isInNetworks } from './client_address.ts';

export type KeyBehind = {
  readonly id: string;
  /** Undefined: no such limit. */
  readonly requests_per_minute: number | undefined;
  readonly requests_per_month: number | undefined;
  /** CIDRs; undefined: anywhere. */
  readonly allow_ips: readonly string[] | undefined;
};

const none: readonly KeyBehind[] = [];

/** Throws Refusal `invalid_claims`. */
export function sourceKeysOf({ api_keys: given }: AccessTokenClaims): readonly KeyBehind[] {
  if (given === undefined) return none;
  if (!Array.isArray(given)) throw new Refusal('invalid_claims');
  return given.map(readKey);
}

/** Throws Refusal `address_not_allowed`. */
export function checkNetworks(keys: readonly KeyBehind[], address: string): void {
  for (const { allow_ips: networks } of keys) {
    if (networks && !isInNetworks(address, networks)) throw new Refusal('address_not_allowed');
  }
}

function readKey(given: unknown): KeyBehind {
  if (!isRecord(given)) throw new Refusal('invalid_claims');
  const { id, requests_per_minute, requests_per_month, allow_ips } = given;
  const isRight =
    typeof id === 'string' &&
    isLimit(requests_per_minute) &&
    isLimit(requests_per_month) &&
    (allow_ips === undefined || isTexts(allow_ips));
  if (!isRight) throw new Refusal('invalid_claims');
  return { id, requests_per_minute, requests_per_month, allow_ips };
}

function isLimit(value: unknown): value is number | undefined {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) > 0);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
