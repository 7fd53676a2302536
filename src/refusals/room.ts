/** Why requests were refused: a stable reason for each, and a record that can be looked up. */
export { reasonOf } from './reason_of.ts';
export {
  createRefusalRecords,
  type RefusalRecord,
  type RefusalRecords,
  type RefusedRequest,
} from './refusal_records.ts';
