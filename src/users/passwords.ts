/**
 * Passwords: hashing with argon2id, and checking against any hash that users may have, off the request path. It owns
 * their normal form, their cost, what a failed check lasts, and the queue limit. Whose they are, and how often one may guess, is decided elsewhere.
 */
import { randomBytes } from 'node:crypto';
import { isPastedHash } from '../config/schema/pasted_hashes.ts';
import { passwordLength } from '../definitions/lengths.ts';
import { CardeaError } from '../errors.ts';
import type { BreachedPasswords } from './breached_passwords.ts';
import {
  currentCost,
  encodedHash,
  inStandardOrder,
  isAsNew,
  isWeakerThanCurrent,
} from './encoded_hash.ts';
import { readHash } from './hashes/families.ts';
import { holdsWord, wordsOf } from './own_words.js';
import { type PasswordRules, refusal, refusedPassword, wrongLength } from './password_rules.ts';
import {
  createPasswordWorker,
  type PasswordJob,
  type PasswordLog,
  type PasswordQueue,
} from './password_worker.ts';

export type PasswordsOptions = {
  log: PasswordLog;
  /** Those that the operator imported. Default: none. */
  breached?: BreachedPasswords;
  /** How many this process computes at once. */
  concurrency?: number;
  /** How many may be queued, including those being computed. */
  queueLimit?: number;
  /** How long to stay idle before giving the memory back, in milliseconds. */
  idleMs?: number;
};

type Match = { matches: boolean; isOutdated: boolean };

export type Passwords = {
  /**
   * Resolves to the encoded argon2id hash. Throws InvalidFieldsError `invalid_password`, `pasted_hash`,
   * `common_password`, `own_words`, `breached_password` (400), CardeaError `busy` (503). Without `rules` (the declarative
   * file: a start must not fail because a list grew) only the length is checked.
   */
  hash(password: string, rules?: PasswordRules): Promise<string>;
  /**
   * The same for a password that has just matched another hash: whatever its length, because the person has no other.
   * Throws CardeaError `busy` (503).
   */
  hashAgain(password: string): Promise<string>;
  /**
   * Whether the password matches the hash, and whether the hash should be replaced while the password is at
   * hand: because it is weaker than current hashes, or was imported and computed from a different Unicode
   * spelling. Without a hash (unknown user) it never matches, and takes as long as a wrong password. Throws
   * CardeaError `busy` (503): nothing was decided.
   */
  match(encoded: string | undefined, password: string): Promise<Match>;
  /** Only whether it matches. */
  verify(encoded: string | undefined, password: string): Promise<boolean>;
  /** For metrics. */
  queue(): PasswordQueue;
  /** Ends the password process and rejects what still waits. */
  close(): void;
};

/** Seconds; about as long as a full queue takes to halve. */
const retryAfterSeconds = 10;

export function createPasswords({
  log,
  breached,
  concurrency = 1,
  queueLimit = 1000,
  idleMs = 60_000,
}: PasswordsOptions): Passwords {
  const worker = createPasswordWorker({ log, concurrency, idleMs });
  const nobodysHash = unmatchableHash();

  async function run(job: PasswordJob): Promise<string | boolean> {
    const { running, waiting } = worker.queue();
    if (running + waiting >= queueLimit)
      throw passwordsBusy(new Error(`${queueLimit} passwords wait`));
    return worker.run(job).catch((cause: unknown) => {
      throw passwordsBusy(cause);
    });
  }

  /** Whether our spelling of the password matches, and whether any does. */
  const check = async (encoded: string, password: string) => {
    const [normal, ...others] = await Promise.all(
      spellingsOf(password).map((spelling) => run({ password: spelling, encoded })),
    );
    const isNormal = normal === true;
    return { isNormal, isAny: isNormal || others.includes(true) };
  };

  /**
   * The last hash with another cost than new ones, such as an imported one. A wrong password is checked against one of
   * each cost, whoever it was typed for, so that the time does not tell whose hash is imported, or who is a user at all.
   */
  let lastOther: string | undefined;

  const match = async (encoded: string | undefined, password: string): Promise<Match> => {
    // Discloses nothing about the user: the limit is the same for all.
    if (password.length > passwordLength.max) return { matches: false, isOutdated: false };
    const own = encoded !== undefined && readHash(encoded) ? encoded : undefined;
    const isOther = own !== undefined && !isAsNew(own);
    if (isOther) lastOther = own;
    const { isNormal, isAny } = await check(own ?? nobodysHash, password);
    const matches = own !== undefined && isAny;
    const complement = isOther ? nobodysHash : lastOther;
    if (!matches && complement !== undefined) await check(complement, password);
    return { matches, isOutdated: matches && (!isNormal || isWeakerThanCurrent(own)) };
  };

  const hashNormal = async (normal: string) =>
    inStandardOrder(String(await run({ password: normal })));

  const requireStrong = async (normal: string, { words: texts }: PasswordRules) => {
    const words = wordsOf(texts);
    if (holdsWord(normal, words)) throw refusedPassword('own_words');
    if (await run({ password: normal, words })) throw refusedPassword('common_password');
    if (await breached?.has(normal)) throw refusedPassword('breached_password');
  };

  return {
    async hash(password, rules) {
      const normal = acceptable(password, rules?.least);
      if (rules) await requireStrong(normal, rules);
      return hashNormal(normal);
    },
    hashAgain: (password) => hashNormal(normalise(password)),
    match,
    verify: async (encoded, password) => (await match(encoded, password)).matches,
    queue: worker.queue,
    close: () => worker.close(),
  };
}

/** NIST SP 800-63B section 5.1.1.2: the same characters typed on another device are the same password. */
function normalise(password: string): string {
  return password.normalize('NFKC');
}

/**
 * The Unicode spellings from which the hash may have been computed, ours first. Imported hashes were computed
 * from the password as typed, by keyboards that compose characters or by others that do not. Nearly all
 * passwords have a single spelling; having more reveals something about the typed password, but nothing about
 * the stored one.
 */
function spellingsOf(password: string): string[] {
  return [...new Set([normalise(password), password, password.normalize('NFC')])];
}

/** Throws InvalidFieldsError `invalid_password`, `pasted_hash` (400) if hash() would reject the password. */
export function assertAcceptable(password: string): void {
  acceptable(password);
}

function acceptable(password: string, least: number = passwordLength.min): string {
  if (isPastedHash(password)) {
    const message =
      'This is a hash, not a password. Give the password itself, or declare the hash as password_hash in the declarative file.';
    throw refusal('pasted_hash', 'is a hash, not a password', message);
  }
  const { max } = passwordLength;
  const normal = password.length > max ? '' : normalise(password);
  if ([...normal].length < least) throw wrongLength(least);
  return normal;
}

/** A well-formed hash with the current cost that no password matches. */
function unmatchableHash(): string {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return encodedHash(currentCost, `${base64(16)}$${base64(32)}`);
}

function passwordsBusy(cause: unknown): CardeaError {
  return new CardeaError({
    code: 'busy',
    status: 503,
    message: 'Too many sign-ins at the moment. Try again shortly.',
    cause,
    retryAfter: retryAfterSeconds,
  });
}
