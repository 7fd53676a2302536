/**
 * What of an event belongs to the person: where an operator did something from is nobody else's business.
 */
import type { AuditEvent } from '../../storage/audit_events.ts';

/** Whether the person did it, or an app for them; an event without an actor is the person's. */
export function isOwnAct({ actor }: Pick<AuditEvent, 'actor'>, userId: string): boolean {
  return actor === undefined || actor === `user:${userId}` || actor.startsWith('client:');
}

/** The address that it came from; undefined: not known, or somebody else's. */
export function ownAddressOf(
  event: Pick<AuditEvent, 'actor' | 'ip'>,
  userId: string,
): string | undefined {
  return isOwnAct(event, userId) ? event.ip : undefined;
}
