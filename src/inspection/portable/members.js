// @ts-check
/**
 * The members of a header or payload, each with the name of its plain words and, where it is a time, that time.
 */
import { short } from './statement.js';
import { isDate } from './times.js';

/** @import { Member } from '../report.ts' */

const times = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at']);
const maxMembers = 100;

/**
 * `words`: names of texts for members that mean something else here than in a token.
 *
 * @param {Record<string, unknown>} members
 * @param {Record<string, string>} [words]
 * @returns {Member[]}
 */
export function describeMembers(members, words = {}) {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .slice(0, maxMembers)
    .map(([name, value]) => ({
      ...{ name: short(name), value, at: timeOf(name, value) },
      words: (Object.hasOwn(words, name) && words[name]) || name,
    }));
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {number | undefined}
 */
function timeOf(name, value) {
  return times.has(name) && isDate(value) ? Number(value) * 1000 : undefined;
}
