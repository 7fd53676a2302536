/**
 * Passwords: hashing and checking them with argon2id, off the request path. Owns their normal form, their
 * cost and the bound on how many wait; whose they are and how often one may guess are not known here.
 */
import { randomBytes } from 'node:crypto';
import { passwordLength } from '../definitions/lengths.ts';
import { CardeaError } from '../errors.ts';
import {
  costOf,
  currentCost,
  encodedHash,
  inStandardOrder,
  isWeakerThanCurrent,
} from './encoded_hash.ts';
import {
  createPasswordWorker,
  type PasswordJob,
  type PasswordLog,
  type PasswordQueue,
} from './password_worker.ts';

export type PasswordsOptions = {
  log: PasswordLog;
  /** How many this process computes at once. */
  concurrency?: number;
  /** How many may wait, those that are computed included. */
  queueLimit?: number;
  /** Milliseconds without work after which the memory for it is given back. */
  idleMs?: number;
};

export type Match = { matches: boolean; isOutdated: boolean };

export type Passwords = {
  /** The encoded argon2id hash. Throws CardeaError `invalid_password` (400) or `busy` (503). */
  hash(password: string): Promise<string>;
  /**
   * Whether the password is the one behind the hash, and whether that should be replaced while the password is at
   * hand: it is weaker than today's, or an import's, of the password as it was typed once. Costs the same without a
   * hash (an unknown user), and does not match then. Throws CardeaError `busy` (503): nothing was decided.
   */
  match(encoded: string | undefined, password: string): Promise<Match>;
  /** Only whether it is. */
  verify(encoded: string | undefined, password: string): Promise<boolean>;
  /** For metrics. */
  queue(): PasswordQueue;
  /** Ends the process behind it; what still waits is rejected. */
  close(): void;
};

/** Seconds; roughly what a full queue takes to halve. */
const retryAfterSeconds = 10;

export function createPasswords({
  log,
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

  const match = async (encoded: string | undefined, password: string): Promise<Match> => {
    // Says nothing about the user: it is the same for all.
    if (password.length > passwordLength.max) return { matches: false, isOutdated: false };
    const usable = encoded !== undefined && costOf(encoded) !== undefined;
    const [normal, ...others] = await Promise.all(
      spellingsOf(password).map((spelling) =>
        run({ password: spelling, encoded: usable ? encoded : nobodysHash }),
      ),
    );
    const isNormal = normal === true;
    return {
      matches: usable && (isNormal || others.includes(true)),
      isOutdated: usable && (!isNormal || isWeakerThanCurrent(encoded)),
    };
  };

  return {
    async hash(password) {
      return inStandardOrder(String(await run({ password: acceptable(password) })));
    },
    match,
    verify: async (encoded, password) => (await match(encoded, password)).matches,
    queue: worker.queue,
    close: () => worker.close(),
  };
}

/** NIST SP 800-63B section 5.1.1.2: the same characters, typed on another device, are the same password. */
function normalise(password: string): string {
  return password.normalize('NFKC');
}

/**
 * Under which a password may have been hashed, ours first: elsewhere it was taken as it was typed, by a keyboard that
 * composes letters or by one that does not. One for nearly all passwords; that it is more tells of what was typed, and
 * nothing of what is stored.
 */
function spellingsOf(password: string): string[] {
  return [...new Set([normalise(password), password, password.normalize('NFC')])];
}

/** Throws CardeaError `invalid_password` (400) for one that hash() would not take. */
export function assertAcceptable(password: string): void {
  acceptable(password);
}

function acceptable(password: string): string {
  const { min, max } = passwordLength;
  const normal = password.length > max ? '' : normalise(password);
  if ([...normal].length < min) {
    throw new CardeaError({
      code: 'invalid_password',
      status: 400,
      message: `A password must have ${min} to ${max} characters.`,
    });
  }
  return normal;
}

/** A well-formed hash of the current cost that was computed from nothing. */
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
