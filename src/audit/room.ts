/**
 * The audit trail: records events durably. Which events exist is in definitions/events.ts.
 */

export { changeOf, createdAs, removedAs } from './changes.ts';
export {
  type AuditContext,
  type AuditRecord,
  type AuditSink,
  asClient,
  byFile,
  byOperator,
  bySystem,
  type ChangeContext,
  onRecord,
  type RepeatableSink,
} from './events.ts';
export { type Audit, createAudit } from './recorder.ts';
export { createRepeatableEvents } from './repeatable_events.ts';
