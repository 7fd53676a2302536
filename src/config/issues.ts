/**
 * From the schema library's issues to problems in the words of an operator: the place, what is wrong, the
 * remedy. A value that was found there never becomes part of a text.
 */
import type { z } from 'zod';
import { formatPath, nearest, type Problem } from './problems.ts';

type Issue = z.core.$ZodIssue;

/** What the schema says of a place: its allowed keys and what it means. */
export type SchemaLookup = (path: readonly PropertyKey[]) => {
  keys: readonly string[];
  type: string | undefined;
  description: string | undefined;
};

/** All problems that these issues stand for; `input` is what was parsed, `lookup` knows the schema. */
export function problemsOf(
  issues: readonly Issue[],
  input: unknown,
  lookup: SchemaLookup,
): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey([...issue.path, key], lookup(issue.path).keys));
    }
    const remedy = givenRemedy(issue) ?? usualRemedy(issue, input, lookup);
    return [{ where: formatPath(issue.path), problem: describe(issue, input), remedy }];
  });
}

/** The problem of a key, the last of `path`, that the schema does not know. */
export function unknownKey(path: PropertyKey[], known: readonly string[]): Problem {
  const meant = nearest(String(path.at(-1)), known);
  const remedy = meant
    ? `Did you mean ${meant}?`
    : `Remove it, or take one of: ${known.join(', ') || 'none'}.`;
  return { where: formatPath(path), problem: 'is not known here', remedy };
}

function describe(issue: Issue, input: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return valueAt(input, issue.path) === undefined
        ? 'is missing'
        : `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of: ${issue.values.map(String).join(', ')}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'has a key that is not allowed here';
    case 'too_small':
      return bound(issue.origin, 'at least', Number(issue.minimum));
    case 'too_big':
      return bound(issue.origin, 'at most', Number(issue.maximum));
    case 'invalid_format':
      return issue.format === 'email' ? 'must be an email address' : issue.message;
    default:
      return issue.message;
  }
}

function bound(origin: string, relation: string, limit: number): string {
  if (origin === 'string')
    return `must have ${relation} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array') return `must have ${relation} ${limit} entr${limit === 1 ? 'y' : 'ies'}`;
  return `must be ${relation} ${limit}`;
}

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};

function givenRemedy(issue: Issue): string | undefined {
  const remedy = issue.code === 'custom' ? issue.params?.remedy : undefined;
  return typeof remedy === 'string' ? remedy : undefined;
}

function usualRemedy(issue: Issue, input: unknown, lookup: SchemaLookup): string {
  const value = valueAt(input, issue.path);
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const meant = nearest(value, issue.values.map(String));
    if (meant) return `Did you mean ${meant}?`;
  }
  if (issue.code === 'invalid_type' && issue.expected === 'string' && typeof value === 'number') {
    return 'Put it in quotes.';
  }
  const { description, type } = lookup(issue.path);
  if (!description) return 'Correct it; docs/configuration.md tells what belongs there.';
  const verb = value === undefined ? 'Add it' : 'Correct it';
  return `${verb}${type ? ` (${type})` : ''}: ${description}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}
