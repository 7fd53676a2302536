// @ts-check
/**
 * Puts what was found into a report: sections without the empty ones, the verdict, and the one reason.
 */

/** @import { Report, SectionName, Statement, Member } from '../report.ts' */

/** @type {SectionName[]} */
const order = ['api', 'pasted', 'signature', 'time', 'state', 'expectations', 'header', 'claims'];

/**
 * @param {{ kind: string, at: number, api?: string | undefined,
 *   found: Partial<Record<SectionName, Statement[]>>, members?: Partial<Record<SectionName, Member[]>>,
 *   header?: Record<string, unknown> | undefined, claims?: Record<string, unknown> | undefined }} options
 * @returns {Report}
 */
export function buildReport({ kind, at, api, found, members = {}, header, claims }) {
  const sections = order
    .map((name) => ({ name, statements: found[name] ?? [], members: members[name] ?? [] }))
    .filter(({ statements, members: there }) => statements.length + there.length > 0);
  const all = sections.flatMap(({ statements }) => statements);
  const [reason] = all
    .filter(({ level }) => level === 'bad')
    .sort((left, right) => left.rank - right.rank);
  const isOpen = all.some(({ level }) => level === 'unchecked');
  const verdict = reason ? 'refused' : isOpen ? 'undecided' : 'accepted';
  return { kind, verdict, reason, api, sections, header, claims, at };
}
