/**
 * The door of this room: what other rooms may use.
 */

export type {
  AuditContext,
  AuditRecord,
  AuditSink,
  RepeatableSink,
} from './events.ts';
export { type Audit, createAudit } from './recorder.ts';
export { createRepeatableEvents } from './repeatable_events.ts';
