/**
 * Encoded argon2id hashes (PHC string format): what they cost, and whether they can be used here.
 */
import { argon2idFormat, type HashCost, maxHashCost } from '../definitions/password_hashes.ts';

/** The cost of new hashes: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
export const currentCost: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** The cost of an encoded argon2id hash; undefined if it is malformed or too expensive. */
export function costOf(encoded: string): HashCost | undefined {
  const pairs = argon2idFormat
    .exec(encoded)?.[1]
    ?.split(',')
    .map((pair) => pair.split('='));
  const { m, t, p } = Object.fromEntries(pairs ?? []);
  const cost = { memoryKib: Number(m), passes: Number(t), lanes: Number(p) };
  const usable =
    cost.lanes >= 1 &&
    cost.lanes <= maxHashCost.lanes &&
    cost.passes >= 1 &&
    cost.passes <= maxHashCost.passes &&
    // RFC 9106 section 3.1: at least 8 KiB for each lane.
    cost.memoryKib >= 8 * cost.lanes &&
    cost.memoryKib <= maxHashCost.memoryKib;
  return usable ? cost : undefined;
}

/** The same hash with its parameters in the order `m,t,p`, which every program can read. */
export function inStandardOrder(encoded: string): string {
  const cost = costOf(encoded);
  return cost ? encodedHash(cost, argon2idFormat.exec(encoded)?.[2] ?? '') : encoded;
}

/** `saltAndHash`: both in unpadded base64, separated by `$`. */
export function encodedHash(cost: HashCost, saltAndHash: string): string {
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$${saltAndHash}`;
}

/** Whether a hash is cheaper to attack than a new one. More expensive hashes are kept. */
export function isWeakerThanCurrent(encoded: string): boolean {
  const cost = costOf(encoded);
  return !cost || cost.memoryKib < currentCost.memoryKib || cost.passes < currentCost.passes;
}
