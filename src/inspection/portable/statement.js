// @ts-check
/** @import { Level, Statement } from '../report.ts' */

/**
 * @param {Level} level
 * @param {string} code
 * @param {Record<string, string | number>} [values]
 * @param {number} [rank]
 * @returns {Statement}
 */
export function say(level, code, values = {}, rank = 5) {
  const texts = Object.entries(values).map(([name, value]) => [name, short(String(value))]);
  return { level, code, values: Object.fromEntries(texts), rank };
}

/**
 * A value of a stranger's, cut to what a sentence can hold.
 *
 * @param {string} text
 */
export function short(text) {
  return text.length > 200 ? `${text.slice(0, 199).toWellFormed()}…` : text;
}
