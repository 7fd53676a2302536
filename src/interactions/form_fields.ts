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

/** Whether the box is ticked by which a person stays signed in when the browser is closed. */
export function wishesToStay(form: URLSearchParams): boolean {
  return field(form, 'stay') === 'yes';
}
