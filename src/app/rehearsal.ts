/**
 * Services for a dry run: the same as always, over a store that takes no writes.
 */
import type { AdminServices, Rehearsal } from '../admin/room.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import { createDryStore } from '../storage/operation/dry_store.ts';
import { createServices } from './services.ts';

/** `store`: the real one. */
export function createRehearsal({
  store,
  listsUpToDateAt,
  ...basis
}: Parameters<typeof createServices>[0] & Pick<AdminServices, 'listsUpToDateAt'>): Rehearsal {
  const events: AuditEvent[] = [];
  const dryStore = createDryStore(store, (added) => events.push(...added));
  const services = createServices({ ...basis, store: dryStore });
  return {
    services: { ...services, listsUpToDateAt },
    events: () => events,
    close: () => services.close(),
  };
}
