/**
 * Fields of forms: from what an operation takes to what a person types, and back. What is wrong with a value is for the
 * operation to say, never for the form.
 */
import { asPatch, fromLocalText, languages, toLocalText } from './local_texts.ts';
import { rowsIn, rowsOf, rowsText, type ScopeRow, scopesOf } from './scope_rows.ts';

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
  | 'password'
  | 'texts'
  | 'scopes';

/** One of the values that a field may have. */
export type Offer = {
  value: string;
  label?: string;
  hint?: string;
  /** What it belongs to: an API, for a scope. Absent: it is always shown. */
  group?: { value: string; label: string };
};

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
   * `json`: the text of an object. `password`: never shown again once it was sent. `texts`: a text in several languages.
   * `scopes`: those of an API, with what each means.
   */
  as: FieldKind;
  /** Of a text, lines or words: what there is to choose from. Something else can be typed all the same. */
  offers?: readonly Offer[];
  /** Which field chooses the groups of the offers. */
  offersFor?: string;
  /** What most people leave as it is: folded away. */
  isFurther?: boolean;
  options?: readonly FieldOption[];
  placeholder?: string;
  required?: boolean;
  /** An identifier or an address. */
  code?: boolean;
  /** Of a choice: its values are numbers. */
  numeric?: boolean;
  /** What is sent where nothing was typed; undefined: nothing, or null in a form that changes an object. */
  whenEmpty?: unknown;
  /** Codes of errors that are about this field though they do not say so. */
  errorCodes?: readonly string[];
};

/** As the form has it. */
export type Typed = {
  text: string;
  chosen: readonly string[];
  /** Of `texts`: one for each language (local_texts.ts). */
  texts?: readonly string[];
  /** Of `scopes`. */
  rows?: readonly ScopeRow[];
  /** Of what is offered: the text that the form was made from. */
  was?: string;
};

/** What was typed, as a value of the body; undefined: nothing. Throws InvalidFieldsError for what no value could say. */
export function memberValue(
  field: Field,
  form: URLSearchParams,
  { isPatch = false }: { isPatch?: boolean } = {},
): unknown {
  const value = typedValue(field, form) ?? field.whenEmpty;
  return field.as === 'texts' && isPatch ? asPatch(value as undefined) : value;
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
      const given = itemsIn(field, form);
      return given.length > 0 ? given : undefined;
    }
    case 'words':
      return itemsIn(field, form).join(' ') || undefined;
    case 'texts':
      return toLocalText(textsIn(field, form));
    case 'scopes':
      return scopesOf(field.name, rowsIn(field.name, form));
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

/** Of lines or words, each once. What was there before keeps its order, so that boxes change nothing by themselves. */
function itemsIn(field: Field, form: URLSearchParams): readonly string[] {
  const given = itemsOf(field, form.getAll(field.name).join('\n'));
  const before = itemsOf(field, form.get(`${field.name}.was`) ?? '');
  return [...new Set([...before.filter((item) => given.includes(item)), ...given])];
}

/** What a text of lines or words lists. */
export function itemsOf({ as }: Field, text: string): readonly string[] {
  const items = text.split(as === 'words' ? /\s+/ : /\r?\n/);
  return items.map((item) => item.trim()).filter(Boolean);
}

function textsIn({ name }: Field, form: URLSearchParams): readonly string[] {
  return languages.map(({ suffix }) => form.get(`${name}${suffix}`) ?? '');
}

/** A value of the object, as the form shows it. */
export function typedOf(field: Field, value: unknown): Typed {
  const typed = shownOf(field, value);
  return field.offers ? { ...typed, was: typed.text } : typed;
}

function shownOf(field: Field, value: unknown): Typed {
  if (field.as === 'texts') {
    const texts = fromLocalText(value);
    return { text: texts.filter(Boolean).join('\n'), chosen: [], texts };
  }
  if (field.as === 'scopes') {
    const rows = rowsOf(value);
    return { text: rowsText(rows), chosen: [], rows };
  }
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
  const { as, name, offers } = field;
  if (as === 'password') return { text: '', chosen: [] };
  if (as === 'texts') {
    const texts = textsIn(field, form);
    return { text: texts.filter(Boolean).join('\n'), chosen: [], texts };
  }
  if (as === 'scopes') {
    const rows = rowsIn(name, form);
    return { text: rowsText(rows), chosen: [], rows };
  }
  const all = form.getAll(name);
  const typed = { text: all.join('\n'), chosen: all };
  return offers ? { ...typed, was: form.get(`${name}.was`) ?? '' } : typed;
}

/** As it is where nothing is offered. */
export function withOffers(field: Field, offers: readonly Offer[]): Field {
  return offers.length > 0 ? { ...field, offers } : field;
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
