/** Fields of a posted form. */
import { CardeaError } from '../errors.ts';

/** The field's one value; undefined when absent. Throws CardeaError 400 when it was sent twice. */
export function field(form: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = form.getAll(name);
  if (more.length === 0) return value;
  throw new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: `The field ${name} was sent more than once.`,
  });
}
