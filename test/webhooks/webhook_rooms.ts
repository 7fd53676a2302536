/** Webhook rooms as several processes have them, and a receiver that checks what it is sent. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { Clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createOutboundFetch } from '../../src/net/outbound.ts';
import type { Store } from '../../src/storage/store.ts';
import type { WebhookOutcome } from '../../src/telemetry/metrics.ts';
import { createWebhookOutbox, createWebhooks } from '../../src/webhooks/room.ts';
import { createAuditTrail } from '../support/rooms.ts';

export const secret = `whsec_${Buffer.alloc(32, 'a secret of webhooks').toString('base64')}`;
export const nextSecret = `whsec_${Buffer.alloc(24, 'the next secret').toString('base64')}`;

export type Received = { headers: IncomingHttpHeaders; body: string };

export type Receiver = {
  url: string;
  received: Received[];
  /** What it answers from now on; 'nothing' never answers. */
  answer: { status: number; headers?: Record<string, string> } | 'nothing';
};

export async function startReceiver(t: TestContext): Promise<Receiver> {
  const receiver: Receiver = { url: '', received: [], answer: { status: 204 } };
  const server = createServer(async (request, response) => {
    receiver.received.push({ headers: request.headers, body: await text(request) });
    if (receiver.answer === 'nothing') return;
    response.writeHead(receiver.answer.status, receiver.answer.headers).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?of=acme`;
  return receiver;
}

/** What a receiver has that goes by the specification: throws for what is not signed with this secret. */
export function verified({ headers, body }: Received, by = secret): Record<string, unknown> {
  return new Webhook(by).verify(body, headers as Record<string, string>) as Record<string, unknown>;
}

export function createRoom(
  store: Pick<Store, 'deliveries'>,
  webhooks: object[],
  { clock, allow = ['127.0.0.0/8'], timeLimit = 15_000 }: RoomOptions,
) {
  const audit = createAuditTrail();
  const counts: WebhookOutcome[] = [];
  const lines: unknown[] = [];
  const note = (...line: unknown[]) => void lines.push(line);
  const log = { warn: note, error: note };
  const deliveries = store.deliveries;
  const { webhooks: declarations } = declarationSchema.parse({ webhooks });
  const outbox = createWebhookOutbox({ declarations, deliveries, clock });
  const room = createWebhooks({
    ...{ outbox, deliveries },
    fetch: createOutboundFetch({ allow, log, timeLimit }),
    count: (outcome) => void counts.push(outcome),
    ...{ audit, clock, log },
  });
  return { ...room, notify: outbox.notify, audit, counts, logged: () => JSON.stringify(lines) };
}

type RoomOptions = { clock: Clock; allow?: string[]; timeLimit?: number };

export function leaked(id: string, at: number) {
  return {
    id,
    at,
    type: 'api_key.leaked' as const,
    data: { key_id: 'key_1', url: 'https://example.com/x' },
  };
}
