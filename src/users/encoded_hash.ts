/**
 * Encoded argon2 hashes (PHC string format): what they cost, and whether they can be used here.
 */
import { type HashCost, hashFormats, maxHashCost } from '../definitions/password_hashes.ts';

/** The cost of new hashes: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
export const currentCost: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** What an encoded argon2 hash consists of; undefined if it is malformed or too expensive. */
function partsOf(encoded: string) {
  const match = hashFormats.argon2.exec(encoded);
  const [, variant = '', version, parameters = '', saltAndHash = ''] = match ?? [];
  const { m, t, p } = Object.fromEntries(parameters.split(',').map((pair) => pair.split('=')));
  const cost: HashCost = { memoryKib: Number(m), passes: Number(t), lanes: Number(p) };
  const usable =
    cost.lanes >= 1 &&
    cost.lanes <= maxHashCost.lanes &&
    cost.passes >= 1 &&
    cost.passes <= maxHashCost.passes &&
    // RFC 9106 section 3.1: at least 8 KiB for each lane.
    cost.memoryKib >= 8 * cost.lanes &&
    cost.memoryKib <= maxHashCost.memoryKib;
  return usable ? { variant, version, cost, saltAndHash } : undefined;
}

/** The cost of an encoded argon2 hash of any variant; undefined if it is malformed or too expensive. */
export function costOf(encoded: string): HashCost | undefined {
  return partsOf(encoded)?.cost;
}

/**
 * The same argon2 hash with its parameters in the order `m,t,p` and without padding, which every program can read. Any
 * other text is returned as it is.
 */
export function inStandardOrder(encoded: string): string {
  const parts = partsOf(encoded);
  if (!parts) return encoded;
  const { variant, version, cost, saltAndHash } = parts;
  const prefix = `$argon2${variant}$${version ? `v=${version}$` : ''}`;
  return `${prefix}${parametersOf(cost)}$${saltAndHash.replaceAll('=', '')}`;
}

/** `saltAndHash`: both in unpadded base64, separated by `$`. */
export function encodedHash(cost: HashCost, saltAndHash: string): string {
  return `$argon2id$v=19$${parametersOf(cost)}$${saltAndHash}`;
}

/** Whether a hash costs exactly what new ones cost. */
export function isAsNew(encoded: string): boolean {
  return encoded.startsWith(encodedHash(currentCost, ''));
}

/** Whether a hash is cheaper to attack than a new one, or not argon2id. More expensive hashes are kept. */
export function isWeakerThanCurrent(encoded: string): boolean {
  const { variant, cost } = partsOf(encoded) ?? {};
  return (
    variant !== 'id' ||
    !cost ||
    cost.memoryKib < currentCost.memoryKib ||
    cost.passes < currentCost.passes
  );
}

function parametersOf({ memoryKib, passes, lanes }: HashCost): string {
  return `m=${memoryKib},t=${passes},p=${lanes}`;
}
