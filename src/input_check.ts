/**
 * Validates a caller's input against a schema and reports every mistake at once, each with a pointer to its
 * field. Messages never repeat a value, which may be a secret.
 */
import type { z } from 'zod';
import { problemsOf } from './config/issues.ts';
import { CardeaError } from './errors.ts';

/**
 * A JSON pointer as a URI fragment (RFC 6901), and what is wrong there. The form that RFC 9457 section 3.1.3
 * shows.
 */
export type FieldError = { pointer: string; detail: string };

/** 400 `invalid_request`, or a code of its own. Serializers of problem+json also write `errors`. */
export class InvalidFieldsError extends CardeaError {
  readonly errors: readonly FieldError[];

  constructor(
    errors: readonly FieldError[],
    { code = 'invalid_request', message = sentencesOf(errors) } = {},
  ) {
    super({ code, status: 400, message });
    this.name = 'InvalidFieldsError';
    this.errors = errors;
  }
}

/** The most mistakes that one response lists. */
const mostErrors = 20;

/** Returns the parsed input. Throws InvalidFieldsError. */
export function parseFields<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const noLookup = () => ({ keys: [], type: undefined, description: undefined });
  const errors = parsed.error.issues.flatMap((issue) => {
    const places =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => [...issue.path, key])
        : [issue.path];
    const problems = problemsOf([issue], input, noLookup);
    return places.map((path, index) => ({
      pointer: pointerTo(path),
      detail: problems[index]?.problem ?? issue.message,
    }));
  });
  throw new InvalidFieldsError(errors.slice(0, mostErrors));
}

/** An error that no schema can find. `path` is like `['scopes', 0]`. */
export function invalidField(path: readonly PropertyKey[], detail: string): InvalidFieldsError {
  return invalidFields([{ path, detail }]);
}

/** The same for several. */
export function invalidFields(
  errors: readonly { path: readonly PropertyKey[]; detail: string }[],
): InvalidFieldsError {
  return new InvalidFieldsError(
    errors.map(({ path, detail }) => ({ pointer: pointerTo(path), detail })),
  );
}

/** A place as configuration errors name it, `redirect_uris[0]`, as a pointer. */
export function pointerToPlace(where: string): string {
  const steps = where.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return pointerTo([...steps].map(([, quoted, index, name]) => quoted ?? index ?? name ?? ''));
}

function sentencesOf(errors: readonly FieldError[]): string {
  return errors.map(({ pointer, detail }) => `${fieldName(pointer)} ${detail}.`).join(' ');
}

/** Cuts each name to 64 characters, so that a caller cannot make the response long. */
function pointerTo(path: readonly PropertyKey[]): string {
  const steps = path.map((step) =>
    encodeURIComponent(
      String(step)
        .toWellFormed()
        .slice(0, 64)
        .toWellFormed()
        .replace(/~/g, '~0')
        .replace(/\//g, '~1'),
    ),
  );
  return ['#', ...steps].join('/');
}

function fieldName(pointer: string): string {
  return pointer === '#' ? 'The body' : decodeURIComponent(pointer.slice(2)).replace(/\//g, '.');
}
