/**
 * The scopes of an API in a form: a row for each, with its name and what consent says of it. A row that was there
 * before carries the name it had, so that a change takes away the scopes that lost their row or were renamed.
 */
import { invalidField } from '../../input_check.ts';
import { asPatch, fromLocalText, languages, toLocalText } from './local_texts.ts';

export type ScopeRow = {
  name: string;
  /** As it is stored; empty: it is new. */
  was: string;
  /** One for each of `languages`. */
  texts: readonly string[];
};

/** Of an object without scopes, and further ones to fill in. */
const emptyRows = 3;

export function rowsOf(scopes: unknown): readonly ScopeRow[] {
  return Object.entries(Object(scopes) as Record<string, unknown>).map(([name, text]) => ({
    ...{ name, was: name, texts: fromLocalText(text) },
  }));
}

/** Of the inputs `name`, `name.was`, and `name.text` for each language, which each row has. */
export function rowsIn(name: string, form: URLSearchParams): readonly ScopeRow[] {
  const column = (suffix: string) => form.getAll(`${name}${suffix}`);
  const was = column('.was');
  const texts = languages.map(({ suffix }) => column(`.text${suffix}`));
  const rows = column('').map((own, index) => ({
    ...{ name: own.trim(), was: was[index] ?? '' },
    texts: texts.map((ofLanguage) => ofLanguage[index] ?? ''),
  }));
  return rows.filter((row) => row.name !== '' || row.was !== '' || row.texts.some(Boolean));
}

/** A merge patch of the scopes. Throws InvalidFieldsError for what no object could say. */
export function scopesOf(name: string, rows: readonly ScopeRow[]): Record<string, unknown> {
  const named = rows.filter((row) => row.name !== '');
  if (rows.some((row) => row.name === '' && row.was === '')) {
    throw invalidField([name], 'has a description without a scope');
  }
  for (const [index, row] of named.entries()) {
    if (named.findIndex((other) => other.name === row.name) < index) {
      throw invalidField([name, row.name], 'is there twice');
    }
  }
  const lost = rows.filter(({ was }) => was && !named.some((row) => row.name === was));
  return Object.fromEntries([
    ...named.map(({ name: own, was, texts }) => {
      const text = toLocalText(texts) ?? '';
      return [own, was === own ? asPatch(text) : text];
    }),
    ...lost.map(({ was }) => [was, null]),
  ]);
}

/** Each in a line, to compare and to show. */
export function rowsText(rows: readonly ScopeRow[]): string {
  return rows
    .filter(({ name }) => name !== '')
    .map(({ name, texts }) => `${name}: ${texts.filter(Boolean).join(' / ')}`)
    .join('\n');
}

/** With rows to fill in. */
export function withEmptyRows(rows: readonly ScopeRow[]): readonly ScopeRow[] {
  const empty = { name: '', was: '', texts: languages.map(() => '') };
  return [...rows, ...Array.from({ length: emptyRows }, () => empty)];
}
