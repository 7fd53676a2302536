/**
 * The part of an event that says what a change was made to, and what it changed.
 */
import type { AuditTarget } from '../storage/audit_events.ts';
import { type Difference, differenceOf } from './difference.ts';
import { type RecordOfKind, recordedMembers } from './recorded_members.ts';

export type RecordedChange = { target: AuditTarget } & Difference;

type Kind = keyof RecordOfKind;

/** Of a record that was `before` and is `after`. */
export function changeOf<K extends Kind>(
  target: AuditTarget & { kind: K },
  before: RecordOfKind[K] | undefined,
  after: RecordOfKind[K] | undefined,
): RecordedChange {
  const members = recordedMembers[target.kind];
  return { target, ...differenceOf(before && members(before), after && members(after)) };
}

export function createdAs<K extends Kind>(
  target: AuditTarget & { kind: K },
  record: RecordOfKind[K],
): RecordedChange {
  return changeOf(target, undefined, record);
}

export function removedAs<K extends Kind>(
  target: AuditTarget & { kind: K },
  record: RecordOfKind[K],
): RecordedChange {
  return changeOf(target, record, undefined);
}
