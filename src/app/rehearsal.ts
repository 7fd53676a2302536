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
  ofServer,
  ...basis
}: Parameters<typeof createServices>[0] & {
  /** What changes nothing, and only a server has. */
  ofServer: Pick<AdminServices, 'listsUpToDateAt' | 'previewTokens'>;
}): Rehearsal {
  const events: AuditEvent[] = [];
  const dryStore = createDryStore(store, (added) => events.push(...added));
  const services = createServices({ ...basis, store: dryStore });
  return {
    services: { ...services, ...ofServer },
    events: () => events,
    close: () => services.close(),
  };
}
