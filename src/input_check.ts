/**
 * The check of what a caller sends against one schema, with everything that is wrong told at once, each
 * mistake with a pointer to its field. Values are never repeated: secrets may stand among them.
 */
import type { z } from 'zod';
import { problemsOf } from './config/issues.ts';
import { CardeaError } from './errors.ts';

/** RFC 9457 section 3.1.3 shows this form: a JSON pointer as URI fragment (RFC 6901), and what is wrong there. */
export type FieldError = { pointer: string; detail: string };

/** 400 `invalid_request`; serialisers of problem+json write `errors` as well. */
export class InvalidFieldsError extends CardeaError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    const sentences = errors.map(({ pointer, detail }) => `${nameOf(pointer)} ${detail}.`);
    super({ code: 'invalid_request', status: 400, message: sentences.join(' ') });
    this.name = 'InvalidFieldsError';
    this.errors = errors;
  }
}

/** Never more than this many mistakes in one answer, however many there are. */
const most = 20;

/** The input as the schema answers it. Throws InvalidFieldsError. */
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
  throw new InvalidFieldsError(errors.slice(0, most));
}

/** One mistake that no schema can see. `path` as in `['scopes', 0]`. */
export function invalidField(path: readonly PropertyKey[], detail: string): InvalidFieldsError {
  return new InvalidFieldsError([{ pointer: pointerTo(path), detail }]);
}

/** At most 64 characters of each name, so that a caller's own words do not make the answer long. */
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

function nameOf(pointer: string): string {
  return pointer === '#' ? 'The body' : decodeURIComponent(pointer.slice(2)).replace(/\//g, '.');
}
