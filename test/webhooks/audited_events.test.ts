/** What is put on record is sent to webhooks where the table of events says so. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAudit } from '../../src/audit/room.ts';
import { auditEventTypes } from '../../src/definitions/events.ts';
import type { AuditEvent } from '../../src/storage/audit_events.ts';
import type { WebhookEvent } from '../../src/webhooks/outbox.ts';
import { withWebhooks } from '../../src/webhooks/room.ts';
import { testChain } from '../support/rooms.ts';

const clock = { now: () => 1_900_000_000_000 };

function sinks({ isAccepted = true, wants = (type: string) => type.startsWith('api_key.') } = {}) {
  const recorded: AuditEvent[] = [];
  const sent: WebhookEvent[] = [];
  const append = async (events: readonly AuditEvent[]) => {
    recorded.push(...events);
    return events.length;
  };
  const store = { append };
  const audit = createAudit({ store, ...testChain(), clock, log: { error() {} } });
  const notify = async (event: WebhookEvent) => {
    if (!isAccepted) throw new Error('the store is gone');
    sent.push(event);
  };
  return { recorded, sent, audit: withWebhooks(audit, { outbox: { notify, wants }, clock }) };
}

describe('Webhooks from audit events', () => {
  test('Every audit event can be sent to webhooks, and is if one wants it', async () => {
    const { recorded, sent, audit } = sinks();
    for (const type of auditEventTypes) await audit.record({ type, outcome: 'success' });
    assert.deepEqual(
      recorded.map(({ type }) => type),
      auditEventTypes,
    );
    assert.deepEqual(
      sent.map(({ type }) => type),
      auditEventTypes.filter((type) => type.startsWith('api_key.')),
    );
  });

  test('An audit event has the same id and time in the audit trail and at receivers, who may get more fields', async () => {
    const { recorded, sent, audit } = sinks();
    await audit.record({
      ...{ type: 'api_key.leaked', outcome: 'success', userId: 'alice', clientId: 'shop' },
      ...{ details: { key_id: 'key_1' }, forReceivers: { owner_id: 'alice' } },
    });
    const [event] = recorded;
    assert.ok(event);
    const { id, at } = event;
    const data = { key_id: 'key_1', client_id: 'shop', user_id: 'alice', owner_id: 'alice' };
    assert.deepEqual(sent, [{ id, at, type: 'api_key.leaked', data }]);
    assert.deepEqual(event.details, { key_id: 'key_1' });
    assert.ok(!('forReceivers' in event));
  });

  test('An audit event is not in the audit trail before its delivery is certain', async () => {
    const { recorded, audit } = sinks({ isAccepted: false });
    const recording = audit.record({ type: 'api_key.leaked', outcome: 'success' });
    await assert.rejects(recording, /the store is gone/);
    assert.deepEqual(recorded, []);
  });
});
