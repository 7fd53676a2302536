/**
 * What a mistake in the configuration looks like, and the one error that carries all of them. No text
 * made here ever repeats a configured value: what is wrong is told by its place.
 */
import { CardeaError } from '../errors.ts';

export type Problem = {
  /** The variable (`CARDEA_PORT`) or the place in the file (`clients[2].redirect_uris[0]`). */
  where: string;
  /** What is wrong, continuing the sentence that `where` begins: `must be a number from 1 to 65535`. */
  problem: string;
  /** What to do about it: one sentence. */
  remedy: string;
};

export class ConfigError extends CardeaError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super({ code: 'invalid_configuration', status: 500, message: describeProblems(problems) });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The list as plain text, one mistake a paragraph. */
function describeProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  const lines = problems.map(
    ({ where, problem, remedy }) => `  ${where} ${problem}.\n    ${remedy}`,
  );
  return [`The configuration has ${count}:`, ...lines].join('\n');
}

/**
 * Adds what a later stage found, except at places that an earlier stage has reported: a value that could not
 * be read is not missing as well.
 */
export function addProblems(problems: Problem[], later: readonly Problem[]): void {
  const reported = new Set(problems.map(({ where }) => where));
  problems.push(...later.filter(({ where }) => !reported.has(where)));
}

/** `['clients', 2, 'redirect_uris', 0]` to `clients[2].redirect_uris[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (isPlainName(step)) text += text ? `.${String(step)}` : String(step);
    else text += `[${describeKey(step)}]`;
  }
  return text || 'the file';
}

/**
 * A key as a message may show it: `…` unless it looks like a name or a scope, because a forgotten space
 * (`client_secret:value`) makes a secret a part of a key.
 */
export function describeKey(key: PropertyKey): string {
  return typeof key === 'string' && /^[a-z][\w.:#-]{0,39}$/i.test(key) && !looksAssigned(key)
    ? JSON.stringify(key)
    : '…';
}

function isPlainName(key: PropertyKey): boolean {
  return typeof key === 'string' && /^[a-z][a-z0-9_]{0,39}$/i.test(key);
}

function looksAssigned(key: string): boolean {
  return /secret|password|key/i.test(key) && key.includes(':');
}

/** The candidate that a misspelt name most likely meant, when one is close enough. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const lowered = name.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(lowered, candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)[0];
  const limit = Math.max(1, Math.min(3, Math.floor(name.length / 3)));
  return ranked && ranked.distance <= limit ? ranked.candidate : undefined;
}

/** Levenshtein distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
