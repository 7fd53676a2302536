/**
 * Fields of forms: from what an operation takes to what a person types, and back. What is wrong with a value is for the
 * operation to say, never for the form.
 */
export type Field = {
  /** Of the form, and of the member of the operation's body unless `member` names another. */
  name: string;
  member?: string;
  label: string;
  hint?: string;
  /** `lines`: a list, one in each line. `words`: a list, separated by spaces in the member. `checks`: a list of some. */
  as: 'text' | 'long' | 'number' | 'lines' | 'words' | 'choice' | 'checks' | 'switch';
  options?: readonly { value: string; label: string; hint?: string }[];
  placeholder?: string;
  required?: boolean;
  /** An identifier or an address. */
  code?: boolean;
};

/** As the form has it. */
export type Typed = { text: string; chosen: readonly string[] };

/** What was typed, as a value of the body; undefined: nothing. */
export function memberValue(field: Field, form: URLSearchParams): unknown {
  const text = (form.get(field.name) ?? '').trim();
  switch (field.as) {
    case 'switch':
      return form.has(field.name);
    case 'checks':
      return form.getAll(field.name);
    case 'lines': {
      const lines = text.split(/\r?\n/).map((line) => line.trim());
      const given = lines.filter(Boolean);
      return given.length > 0 ? given : undefined;
    }
    case 'words':
      return text.split(/\s+/).filter(Boolean).join(' ') || undefined;
    case 'number':
      return text === '' ? undefined : Number.isFinite(Number(text)) ? Number(text) : text;
    default:
      return text === '' ? undefined : text;
  }
}

/** A value of the object, as the form shows it. */
export function typedOf(field: Field, value: unknown): Typed {
  if (Array.isArray(value)) return { text: value.join('\n'), chosen: value.map(String) };
  if (value === undefined || value === null) return { text: '', chosen: [] };
  if (field.as === 'switch') return { text: '', chosen: value === true ? ['on'] : [] };
  if (field.as === 'words') return { text: String(value).split(' ').join('\n'), chosen: [] };
  return { text: String(value), chosen: [String(value)] };
}

/** What was typed, unchanged. */
export function typedIn(field: Field, form: URLSearchParams): Typed {
  return { text: form.get(field.name) ?? '', chosen: form.getAll(field.name) };
}

export function memberOf({ name, member = name }: Field): string {
  return member;
}
