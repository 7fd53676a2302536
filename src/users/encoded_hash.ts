/**
 * Encoded argon2id hashes (PHC string format): what they cost, and whether they can be used here.
 */

export type HashCost = { memoryKib: number; passes: number; lanes: number };

/** The cost of new hashes: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
export const currentCost: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** More than this would let a single sign-in occupy the machine: 1 GiB, 20 passes, 16 lanes. */
const maxCost: HashCost = { memoryKib: 1_048_576, passes: 20, lanes: 16 };

const phcFormat =
  /^\$argon2id\$v=19\$([mtp]=\d{1,7},[mtp]=\d{1,7},[mtp]=\d{1,7})\$([A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172})$/;

/** The cost of an encoded argon2id hash; undefined if it is malformed or too expensive. */
export function costOf(encoded: string): HashCost | undefined {
  // Some libraries write the parameters in a different order from the specification.
  const pairs = phcFormat
    .exec(encoded)?.[1]
    ?.split(',')
    .map((pair) => pair.split('='));
  const { m, t, p } = Object.fromEntries(pairs ?? []);
  const cost = { memoryKib: Number(m), passes: Number(t), lanes: Number(p) };
  const usable =
    cost.lanes >= 1 &&
    cost.lanes <= maxCost.lanes &&
    cost.passes >= 1 &&
    cost.passes <= maxCost.passes &&
    // RFC 9106 section 3.1: at least 8 KiB for each lane.
    cost.memoryKib >= 8 * cost.lanes &&
    cost.memoryKib <= maxCost.memoryKib;
  return usable ? cost : undefined;
}

/** The same hash with its parameters in the order `m,t,p`, which every program can read. */
export function inStandardOrder(encoded: string): string {
  const cost = costOf(encoded);
  return cost ? encodedHash(cost, phcFormat.exec(encoded)?.[2] ?? '') : encoded;
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
