/**
 * What can go wrong with a store, in words that do not name the engine.
 */
import { CardeaError } from '../errors.ts';

/** The store cannot be reached or did not answer: 503 with Retry-After; nothing was decided. */
export class StoreUnavailableError extends CardeaError {
  constructor(cause: unknown) {
    super({
      code: 'store_unavailable',
      status: 503,
      message: 'The store cannot be reached at the moment. Try again shortly.',
      cause,
      retryAfter: 2,
    });
    this.name = 'StoreUnavailableError';
  }
}

/** The database was written by a newer program; starting would risk its data. */
export class StoreTooNewError extends CardeaError {
  constructor(found: number, supported: number) {
    super({
      code: 'store_too_new',
      status: 500,
      message: `The database has schema version ${found}, this program knows up to ${supported}. Start the newer program, or restore a backup made with this one.`,
    });
    this.name = 'StoreTooNewError';
  }
}

/** There is no database at this address, and none was to be made. */
export class StoreMissingError extends CardeaError {
  constructor() {
    super({
      code: 'store_missing',
      status: 404,
      message: 'There is no database of Cardea at this address. Check CARDEA_STORE.',
    });
    this.name = 'StoreMissingError';
  }
}

/** The database was written by an older program; nothing was changed in it. */
export class StoreOutdatedError extends CardeaError {
  constructor() {
    super({
      code: 'store_outdated',
      status: 409,
      message: 'The database has an older schema. The next start of a node brings it up to date.',
    });
    this.name = 'StoreOutdatedError';
  }
}

/** A unique value (a client id, a username) is taken. */
export class DuplicateError extends CardeaError {
  constructor(what: string) {
    super({ code: 'already_exists', status: 409, message: `${what} already exists.` });
    this.name = 'DuplicateError';
  }
}
