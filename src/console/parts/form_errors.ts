/**
 * What an operation says is wrong, by the field of the form that it is about.
 */
import { CardeaError } from '../../errors.ts';
import { InvalidFieldsError } from '../../input_check.ts';
import { type Field, memberOf } from './fields.ts';

export type FormErrors = {
  /** By the field's name. */
  byField: ReadonlyMap<string, readonly string[]>;
  /** What is about no field of the form. */
  others: readonly string[];
};

export const noErrors: FormErrors = { byField: new Map(), others: [] };

/** Undefined: not the form's business; it goes on to whoever shows errors. */
export function formErrorsOf(error: unknown, fields: readonly Field[]): FormErrors | undefined {
  if (!(error instanceof CardeaError)) return undefined;
  if (error instanceof InvalidFieldsError) return byPointer(error, fields);
  const about = fields.find(({ errorCodes }) => errorCodes?.includes(error.code));
  if (about) return { byField: new Map([[about.name, [error.message]]]), others: [] };
  const isAnswer = error.status === 400 || error.status === 409 || error.status === 422;
  return isAnswer ? { byField: new Map(), others: [error.message] } : undefined;
}

function byPointer({ errors }: InvalidFieldsError, fields: readonly Field[]): FormErrors {
  const byField = new Map<string, string[]>();
  const others: string[] = [];
  for (const { pointer, detail } of errors) {
    const [member = '', ...rest] = pointer.slice(2).split('/').map(decodeURIComponent);
    const field = fields.find((candidate) => memberOf(candidate) === member);
    const index = Number(rest[0]);
    // Which of several lines it is.
    const isLine = rest.length > 0 && Number.isInteger(index);
    const within = field?.as === 'json' ? rest.join('.') : '';
    const scope = field?.as === 'scopes' && rest[0] ? `“${rest[0]}” ` : '';
    const place = scope || (within ? `${within} ` : isLine ? `Line ${index + 1} ` : 'It ');
    if (field) byField.set(field.name, [...(byField.get(field.name) ?? []), place + ended(detail)]);
    else others.push(`${member} ${ended(detail)}`.trim());
  }
  return { byField, others };
}

function ended(detail: string): string {
  return detail.endsWith('.') ? detail : `${detail}.`;
}
