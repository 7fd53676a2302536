/**
 * The audit trail: records events durably. Which events exist is in definitions/events.ts.
 */

export { type ChainRegister, createChainRegister } from './chain_register.ts';
export { changeOf, createdAs, type RecordedChange, removedAs } from './changes.ts';
export {
  type AuditContext,
  type AuditRecord,
  type AuditSink,
  asClient,
  byFile,
  byOperator,
  bySystem,
  type ChangeContext,
  type ChangeSink,
  onRecord,
  type RepeatableSink,
} from './events.ts';
export { type ExportFormat, exportedEvents, exportFormats, publicEvent } from './export.ts';
export { createRecordedChanges } from './recorded_changes.ts';
export { type Audit, createAudit } from './recorder.ts';
export { createRepeatableEvents } from './repeatable_events.ts';
export { createSealingKeys } from './seals.ts';
export { type AuditFinding, type Verification, verifyTrail } from './verification.ts';
