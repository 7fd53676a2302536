/**
 * What a change touched: the members that differ, as they were and as they are. Nested objects are compared by
 * member, lists as wholes. What is compared has been chosen before (recorded_members.ts); this file bounds its size.
 */
import { isDeepStrictEqual } from 'node:util';

export type Members = Record<string, unknown>;
export type Difference = { before?: Members; after?: Members };

/** Of a text, in characters; of another value, in characters of its JSON. */
const longestText = 1000;
const longestValue = 4000;
/** Of either side, in characters of its JSON. */
const longestSide = 16_000;

/** Undefined: there was none before, or there is none after. A side without members is absent. */
export function differenceOf(before: Members = {}, after: Members = {}): Difference {
  const sides = compare(before, after);
  return {
    ...(sides.before && { before: bounded(sides.before) }),
    ...(sides.after && { after: bounded(sides.after) }),
  };
}

function compare(before: Members, after: Members): Difference {
  const difference: Required<Difference> = { before: {}, after: {} };
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]];
    if (isDeepStrictEqual(was, is)) continue;
    const nested = isObject(was) && isObject(is) ? compare(was, is) : { before: was, after: is };
    if (nested.before !== undefined) define(difference.before, name, nested.before);
    if (nested.after !== undefined) define(difference.after, name, nested.after);
  }
  return {
    ...(Object.keys(difference.before).length > 0 && { before: difference.before }),
    ...(Object.keys(difference.after).length > 0 && { after: difference.after }),
  };
}

/** A member is defined, not assigned: a claim may be called `__proto__`. */
function define(members: Members, name: string, value: unknown): void {
  Object.defineProperty(members, name, {
    ...{ value, enumerable: true, writable: true, configurable: true },
  });
}

function bounded(side: Members): Members {
  const members: Members = {};
  let left = longestSide;
  for (const [name, value] of Object.entries(side)) {
    const shown = shortened(value);
    left -= name.length + (JSON.stringify(shown)?.length ?? 0);
    define(members, name.slice(0, longestText), left < 0 ? notRecorded(value) : shown);
    // The names alone could be any number, too.
    if (left < -longestSide) break;
  }
  return members;
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > longestText ? `${value.slice(0, longestText)}…` : value;
  }
  return (JSON.stringify(value)?.length ?? 0) > longestValue ? notRecorded(value) : value;
}

function notRecorded(value: unknown): string {
  return `(${JSON.stringify(value)?.length ?? 0} characters, not recorded)`;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
