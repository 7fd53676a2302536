/** Why requests were refused: a stable reason for each, and a record that can be looked up. */
export { explanationOf } from './explanation.ts';
export { createRefusalRecords, type RefusalRecords } from './refusal_records.ts';
