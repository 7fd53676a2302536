/**
 * The inspector: what a token or key is, whether it is good, and if not, why; and a tester that builds requests. Owns the
 * explanation, not the rules: those are of the rooms that issue and verify. What `portable/` has is plain JavaScript,
 * because the page's script runs it, too, in a browser that keeps the token to itself.
 */

export { createInspection, type Inspection } from './inspection.ts';
export { type ExpectationFields, parseExpectations } from './portable/expectations.js';
export { type WordedReport, wordReport } from './portable/wording.js';
export { findToken } from './records/find_token.ts';
export type { Report } from './report.ts';
export { createInspectorPages, type InspectorPages } from './routes.ts';
