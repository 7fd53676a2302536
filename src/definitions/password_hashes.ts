/**
 * Encoded password hashes that users may be declared and imported with: what each looks like, and what it may cost.
 * users/hashes/ reads and checks them.
 */

export type HashCost = { memoryKib: number; passes: number; lanes: number };

/** More than this would let a single sign-in occupy the machine: 1 GiB, 20 passes, 16 lanes. */
export const maxHashCost: HashCost = { memoryKib: 1_048_576, passes: 20, lanes: 16 };

/** The same for the other families: some seconds, and 256 MiB, at most. */
export const maxForeignCost = {
  bcryptRounds: 16,
  /** Of each iteration; the hash may be longer than one block of its digest. */
  pbkdf2Iterations: 10_000_000,
  scryptMemoryBytes: 256 * 1024 * 1024,
  scryptLanes: 16,
  sha512CryptRounds: 1_000_000,
} as const;

/** Base64 in any of its alphabets, of 1 to about 190 bytes. */
const base64 = '[A-Za-z0-9+/._-]{2,256}={0,2}';

/**
 * Without groups that have names, so that they can stand in one pattern. PHC strings
 * (github.com/P-H-C/phc-string-format), modular crypt formats, and those of Django and ASP.NET.
 */
export const hashFormats = {
  /** Variant; version; parameters; salt and hash. Some programs write the parameters in another order, and padding. */
  argon2:
    /^(?:argon2)?\$argon2(id|i|d)\$(?:v=(16|19)\$)?([mtp]=\d{1,7},[mtp]=\d{1,7},[mtp]=\d{1,7})\$([A-Za-z0-9+/]{11,86}={0,2}\$[A-Za-z0-9+/]{16,172}={0,2})$/,
  /** Digest that Django's bcrypt_sha256 computes first; hash. */
  bcrypt: /^(?:bcrypt(_sha256)?\$)?(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})$/,
  /** Logarithm of the cost, block size, parallelism; salt; hash. */
  scrypt: new RegExp(
    `^\\$scrypt\\$ln=(\\d{1,2}),r=(\\d{1,3}),p=(\\d{1,2})\\$(${base64})\\$(${base64})$`,
  ),
  /** Cost, salt (text), block size, parallelism, hash. */
  djangoScrypt: new RegExp(
    `^scrypt\\$(\\d{1,8})\\$([^$]{1,256})\\$(\\d{1,3})\\$(\\d{1,2})\\$(${base64})$`,
  ),
  /** Memory cost (a logarithm), rounds; salt; salt separator; signer key; hash. */
  firebaseScrypt: new RegExp(
    `^\\$firebase-scrypt\\$ln=(\\d{1,2}),r=(\\d{1,3})\\$(${base64})\\$(${base64})\\$(${base64})\\$(${base64})$`,
  ),
  /** Digest (absent: SHA-1); iterations; salt; hash. */
  pbkdf2: new RegExp(
    `^\\$pbkdf2(?:-(sha1|sha256|sha512))?\\$(?:i=)?(\\d{1,8})(?:,l=\\d{1,3})?\\$(${base64})\\$(${base64})$`,
  ),
  /** Digest, iterations, salt (text), hash. */
  djangoPbkdf2: new RegExp(
    `^pbkdf2_(sha1|sha256|sha512)\\$(\\d{1,8})\\$([^$]{1,256})\\$(${base64})$`,
  ),
  /** Rounds (absent: 5000), salt, hash. */
  sha512Crypt: /^\$6\$(?:rounds=(\d{4,7})\$)?([^$:\n]{0,16})\$([./A-Za-z0-9]{86})$/,
  /** Base64 of a first byte of 0 and 48 others. */
  aspNetV2: /^A[A-P][A-Za-z0-9+/]{64}==$/,
  /** Base64 of a first byte of 1, and of a number that is 0, 1 or 2. */
  aspNetV3: /^AQAAAA[AEI][A-Za-z0-9+/]{50,250}={0,2}$/,
} as const;

/** Any of them. */
export const passwordHashFormat = new RegExp(
  Object.values(hashFormats)
    .map(({ source }) => `(?:${source})`)
    .join('|'),
);

/** For people who have another one. */
export const acceptedHashes =
  'argon2id, argon2i or argon2d ($argon2id$…), bcrypt ($2b$…), scrypt ($scrypt$…), Firebase scrypt ($firebase-scrypt$…), PBKDF2 ($pbkdf2-sha256$…), SHA-512-crypt ($6$…), those of Django (pbkdf2_sha256$…) and of ASP.NET Identity (base64)';
