/**
 * Encoded argon2id hashes (the PHC string format): what they cost and whether this program can use them.
 */

export type HashCost = { memoryKib: number; passes: number; lanes: number };

/** What new hashes cost: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
export const currentCost: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** Beyond these a single sign-in would occupy the machine: 1 GiB, 20 passes, 16 lanes. */
const maxCost: HashCost = { memoryKib: 1_048_576, passes: 20, lanes: 16 };

const phcFormat =
  /^\$argon2id\$v=19\$([mtp]=\d{1,7},[mtp]=\d{1,7},[mtp]=\d{1,7})\$([A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172})$/;

/** The cost of an encoded argon2id hash; undefined when it is none, or one beyond all reason. */
export function costOf(encoded: string): HashCost | undefined {
  // Some libraries write the parameters in another order than the format demands.
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

/** The same hash with its parameters in the order `m,t,p`, which every other program reads. */
export function inStandardOrder(encoded: string): string {
  const cost = costOf(encoded);
  return cost ? encodedHash(cost, phcFormat.exec(encoded)?.[2] ?? '') : encoded;
}

/** `saltAndHash`: both in unpadded base64 with `$` between them. */
export function encodedHash(cost: HashCost, saltAndHash: string): string {
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$${saltAndHash}`;
}

/** Whether a hash is cheaper to attack than a new one would be. A dearer one is left as it is. */
export function isWeakerThanCurrent(encoded: string): boolean {
  const cost = costOf(encoded);
  return !cost || cost.memoryKib < currentCost.memoryKib || cost.passes < currentCost.passes;
}
