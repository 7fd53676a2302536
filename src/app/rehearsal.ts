/**
 * Services for a dry run: the same as always, over a store that takes no writes.
 */
import type { AdminServices, Rehearsal } from '../admin/room.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import { createDryStore } from '../storage/operation/dry_store.ts';
import type { WebhookEndpoints } from '../webhooks/room.ts';
import { createServices } from './services.ts';

/**
 * `store`: the real one. They know what it has of APIs and settings as of now. Throws StoreUnavailableError.
 */
export async function createRehearsal({
  store,
  ofServer,
  ...basis
}: Parameters<typeof createServices>[0] & {
  /** What changes nothing, and only a server has. */
  ofServer: Pick<AdminServices, 'listsUpToDateAt' | 'previewTokens'>;
}): Promise<Rehearsal> {
  const events: AuditEvent[] = [];
  const dryStore = createDryStore(store, (added) => events.push(...added));
  const services = createServices({ ...basis, store: dryStore });
  try {
    await services.ready();
  } catch (error) {
    await services.close();
    throw error;
  }
  const webhooks = async () => withoutSending(await services.webhooks());
  return {
    services: { ...services, webhooks, ...ofServer },
    events: () => events,
    close: () => services.close(),
  };
}

/** Nothing leaves a dry run: a receiver is not called. */
function withoutSending(webhooks: WebhookEndpoints): WebhookEndpoints {
  return {
    ...webhooks,
    async sendTest(id) {
      await webhooks.get(id);
      return { result: 'delivered' };
    },
  };
}
