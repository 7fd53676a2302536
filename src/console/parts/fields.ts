/**
 * Fields of forms: from what an operation takes to what a person types, and back. What is wrong with a value is for the
 * operation to say, never for the form.
 */

type FieldKind =
  | 'text'
  | 'long'
  | 'number'
  | 'lines'
  | 'words'
  | 'choice'
  | 'checks'
  | 'grouped'
  | 'switch'
  | 'json'
  | 'password';

export type FieldOption = {
  value: string;
  label: string;
  hint?: string;
  /** Of `grouped`: the title of its group. */
  group?: string;
};

export type Field = {
  /** Of the form, and of the member of the operation's body unless `member` names another. */
  name: string;
  member?: string;
  label: string;
  hint?: string;
  /**
   * `lines`: a list, one in each line. `words`: a list, separated by spaces in the member. `checks`: a list of some.
   * `grouped`: the same of many, in groups that unfold; none is nothing.
   * `json`: the text of an object. `password`: never shown again once it was sent.
   */
  as: FieldKind;
  options?: readonly FieldOption[];
  placeholder?: string;
  required?: boolean;
  /** An identifier or an address. */
  code?: boolean;
  /** Of a choice: its values are numbers. */
  numeric?: boolean;
  /** What is sent where nothing was typed; undefined: nothing, or null in a form that changes an object. */
  whenEmpty?: unknown;
};

/** As the form has it. */
export type Typed = { text: string; chosen: readonly string[] };

/** What was typed, as a value of the body; undefined: nothing. */
export function memberValue(field: Field, form: URLSearchParams): unknown {
  return typedValue(field, form) ?? field.whenEmpty;
}

function typedValue(field: Field, form: URLSearchParams): unknown {
  const text = (form.get(field.name) ?? '').trim();
  switch (field.as) {
    case 'switch':
      return form.has(field.name);
    case 'checks':
      return form.getAll(field.name);
    case 'grouped': {
      const chosen = form.getAll(field.name);
      return chosen.length > 0 ? chosen : undefined;
    }
    case 'lines': {
      const lines = text.split(/\r?\n/).map((line) => line.trim());
      const given = lines.filter(Boolean);
      return given.length > 0 ? given : undefined;
    }
    case 'words':
      return text.split(/\s+/).filter(Boolean).join(' ') || undefined;
    case 'number':
      return numberOr(text);
    case 'json':
      return jsonOr(text);
    case 'password':
      // Spaces at its ends are a part of it.
      return form.get(field.name) || undefined;
    default:
      return field.numeric ? numberOr(text) : text || undefined;
  }
}

/** A value of the object, as the form shows it. */
export function typedOf(field: Field, value: unknown): Typed {
  if (Array.isArray(value)) return { text: value.join('\n'), chosen: value.map(String) };
  if (value === undefined || value === null) return { text: '', chosen: [] };
  if (field.as === 'switch') return { text: '', chosen: value === true ? ['on'] : [] };
  if (field.as === 'password') return { text: '', chosen: [] };
  if (field.as === 'json') return { text: jsonText(value), chosen: [] };
  if (field.as === 'words') return { text: String(value).split(' ').join('\n'), chosen: [] };
  return { text: String(value), chosen: [String(value)] };
}

/** What was typed, unchanged; of a password nothing. */
export function typedIn(field: Field, form: URLSearchParams): Typed {
  if (field.as === 'password') return { text: '', chosen: [] };
  return { text: form.get(field.name) ?? '', chosen: form.getAll(field.name) };
}

export function memberOf({ name, member = name }: Field): string {
  return member;
}

/** A number, or the text that is none, for the operation to reject. */
function numberOr(text: string): number | string | undefined {
  if (text === '') return undefined;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/** What the text stands for, or the text that is no JSON, for the operation to reject. */
function jsonOr(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Indented; empty for an object without members. */
export function jsonText(value: unknown): string {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isEmpty ? '' : JSON.stringify(value, null, 2);
}
