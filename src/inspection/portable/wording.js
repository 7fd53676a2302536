// @ts-check
/**
 * Puts a report into words: the same for the command line, the pages and the script of the page.
 */
import { textOf } from './expectations.js';
import { utc } from './times.js';

/** @import { Report, Statement } from '../report.ts' */

/**
 * The part of the texts (views/texts/inspector) that reports need.
 *
 * @typedef {{ kinds: Record<string, string>, sections: Record<string, string>, levels: Record<string, string>,
 *   verdicts: Record<string, string>, verdicts_of_api: Record<string, string>,
 *   statements: Record<string, string>, members: Record<string, string> }} ReportTexts
 */
/** @typedef {{ code: string, level: string, text: string }} WordedStatement */
/** @typedef {{ name: string, value: string, words: string, time: string, relative: string }} WordedMember */
/**
 * @typedef {{ kind: string, verdict: Report['verdict'], headline: string, reason: string, at: string,
 *   sections: { name: string, title: string, statements: WordedStatement[], members: WordedMember[] }[] }}
 *   WordedReport
 */

/**
 * @param {Report} report
 * @param {ReportTexts} texts
 * @param {string} locale
 * @returns {WordedReport}
 */
export function wordReport({ kind, verdict, reason, api, sections, at }, texts, locale) {
  const spoken = (/** @type {Statement} */ { code, values, level }) => ({
    ...{ code, level },
    text: fill(texts.statements[code] ?? code, spans(values, locale)),
  });
  const headlines = api === undefined ? texts.verdicts : texts.verdicts_of_api;
  return {
    ...{ kind: texts.kinds[kind] ?? kind, verdict, at: utc(at) },
    headline: fill(headlines[verdict] ?? verdict, { api: api ?? '' }),
    reason: reason ? spoken(reason).text : '',
    sections: sections.map(({ name, statements, members }) => ({
      ...{ name, title: texts.sections[name] ?? name },
      statements: statements.map(spoken),
      members: members.map((member) => ({
        ...{ name: member.name, value: shown(member.value) },
        words: Object.hasOwn(texts.members, member.words)
          ? (texts.members[member.words] ?? '')
          : '',
        time: member.at === undefined ? '' : utc(member.at),
        relative: member.at === undefined ? '' : relative(member.at - at, locale),
      })),
    })),
  };
}

/** Characters of a member's value that are shown. */
const maxValue = 2000;

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/**
 * `in 9 minutes`, `2 days ago`.
 *
 * @param {number} ms
 * @param {string} locale
 */
function relative(ms, locale) {
  const seconds = Math.trunc(ms / 1000);
  const [unit, size] = unitOf(seconds);
  const format = new Intl.RelativeTimeFormat(locale);
  return format.format(Math.trunc(seconds / size), unit);
}

/**
 * A length of time in the greatest unit that it fills: `9 minutes`.
 *
 * @param {number} seconds
 * @param {string} locale
 */
function lengthOfTime(seconds, locale) {
  const [unit, size] = unitOf(seconds);
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Math.trunc(Math.abs(seconds) / size));
}

/**
 * @param {number} seconds
 * @returns {[Intl.RelativeTimeFormatUnit, number]}
 */
function unitOf(seconds) {
  return units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
}

/**
 * `span` among the values is seconds.
 *
 * @param {Record<string, string>} values
 * @param {string} locale
 */
function spans(values, locale) {
  const clean = Object.entries(values).map(([name, value]) => [name, visible(value)]);
  const texts = Object.fromEntries(clean);
  if (values.span === undefined) return texts;
  return { ...texts, span: lengthOfTime(Number(values.span), locale) };
}

/**
 * @param {string} text
 * @param {Record<string, string>} values
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** @param {unknown} value */
function shown(value) {
  const text = typeof value === 'object' ? JSON.stringify(value, undefined, 1) : textOf(value);
  const line = visible(text.replace(/\n\s*/g, ' '));
  return line.length > maxValue ? `${line.slice(0, maxValue)}…` : line;
}

/**
 * Without what moves or hides the text around it.
 *
 * @param {string} text
 */
function visible(text) {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
