/**
 * Encoded argon2id hashes (PHC string format) that users may be declared and imported with.
 */

export type HashCost = { memoryKib: number; passes: number; lanes: number };

/** More than this would let a single sign-in occupy the machine: 1 GiB, 20 passes, 16 lanes. */
export const maxHashCost: HashCost = { memoryKib: 1_048_576, passes: 20, lanes: 16 };

/** Parameters; salt and hash. Some libraries write the parameters in a different order from the specification. */
export const argon2idFormat =
  /^\$argon2id\$v=19\$([mtp]=\d{1,7},[mtp]=\d{1,7},[mtp]=\d{1,7})\$([A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172})$/;
