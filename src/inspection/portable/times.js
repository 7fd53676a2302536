// @ts-check
/**
 * How instants are written, and which numbers are one.
 */

/**
 * `2031-05-04 10:20:30 UTC`.
 *
 * @param {number} ms
 */
export function utc(ms) {
  const text = new Date(ms).toISOString();
  return text.replace('T', ' ').replace(/\.\d+/, '').replace('Z', ' UTC');
}

/**
 * Whether it is a NumericDate (RFC 7519 section 2) that a calendar has.
 *
 * @param {unknown} value
 */
export function isDate(value) {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12;
}
