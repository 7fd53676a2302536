/**
 * Webhook endpoints as operators see and change them: those of the declarative file, which only the file changes, and
 * those that are made while the server runs.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  type AuditRecord,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  createdAs,
  onRecord,
  type RecordedChange,
  removedAs,
} from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import { type WebhookDeclaration, webhookSchema } from '../config/schema/api_keys.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import { longestDuration } from '../definitions/durations.ts';
import { webhookSecretOverlap } from '../definitions/lifetimes.ts';
import { mostWebhooks } from '../definitions/limits.ts';
import type { AttemptResult } from '../deliveries/room.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { parseFields } from '../input_check.ts';
import type { Secrets } from '../secrets/room.ts';
import { updateDocument } from '../storage/change_document.ts';
import { requireVersion } from '../storage/change_record.ts';
import type { Delivery, DeliveryStore } from '../storage/deliveries.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { isSameRecord } from '../storage/same_record.ts';
import type { Send } from './delivery_attempt.ts';
import { endpointsOf, type WebhookEndpoint } from './endpoints.ts';
import {
  type EndpointsDocument,
  endpointsDocument,
  type SealedSecret,
  type StoredEndpoint,
  sealSecret,
  toEndpoint,
} from './stored_endpoints.ts';

/** Without secrets. Times in milliseconds since the epoch. */
export type WebhookView = Omit<StoredEndpoint, 'secrets' | 'createdAt' | 'updatedAt'> & {
  source: 'file' | 'operator';
  /** Of an endpoint of the file: none, as the file has them. */
  secrets: Omit<SealedSecret, 'sealed'>[];
  createdAt?: number | undefined;
  updatedAt?: number | undefined;
};

/** `secret`: shown only this once. */
type WebhookWithSecret = { endpoint: WebhookView; secret: string };

export type WebhookEndpoints = {
  /** Those of the file in its order, then the others in the order of their making. */
  list(): Promise<WebhookView[]>;
  /** Throws CardeaError `not_found`, as all below do. */
  get(id: string): Promise<WebhookView>;
  /** `input`: `url`, `events`, `description`. Throws InvalidFieldsError, CardeaError `too_many_webhooks`. */
  create(input: unknown, by: ChangeContext): Promise<WebhookWithSecret>;
  /**
   * Absent members stay, null removes. Throws InvalidFieldsError, and as all that change one `version_mismatch`, and for
   * an endpoint of the file `managed_by_file`.
   */
  update(id: string, changes: unknown, by: ChangeContext): Promise<WebhookView>;
  /** It gets no more events; what waits for it is sent when it is enabled in time. */
  disable(id: string, by: ChangeContext): Promise<WebhookView>;
  enable(id: string, by: ChangeContext): Promise<WebhookView>;
  /** Until the overlap ends, deliveries are signed with the previous secret as well. */
  rotateSecret(
    id: string,
    options: { overlapSeconds?: number | undefined },
    by: ChangeContext,
  ): Promise<WebhookWithSecret>;
  remove(id: string, by: ChangeContext): Promise<void>;
  /** What it has not got yet, the oldest first: `attempts` of them failed, the next is due at `dueAt`. */
  waiting(
    id: string,
    options: { after?: { createdAt: number; id: string } | undefined; limit: number },
  ): Promise<Delivery[]>;
  /** Sends an event `webhook.test` at once, and returns what came of it. It is not repeated. Also for one of the file. */
  sendTest(id: string): Promise<AttemptResult>;
};

export type WebhookEndpointsDependencies = {
  declarations: readonly WebhookDeclaration[];
  places: Pick<DeclarationPlaces, 'requireNotManaged'>;
  documents: DocumentStore;
  deliveries: Pick<DeliveryStore, 'waiting'>;
  secrets: Secrets;
  send: Send;
  announce: AnnounceChange;
  /** Brings this process up to date. */
  refresh: () => Promise<unknown>;
  audit: ChangeSink;
  clock: Clock;
};

const { url, events } = webhookSchema.shape;
const description = z.string().trim().min(1).max(200);
/** What a webhook is made from. */
export const newWebhookSchema = z.strictObject({
  url,
  events,
  description: description.optional(),
});
/** A merge patch (RFC 7396). */
export const webhookChangeSchema = z
  .strictObject({ url, events: events.nullable(), description: description.nullable() })
  .partial();
const overlapSchema = z.int().min(0).max(longestDuration);

/** A receiver is sent a signature for each. */
const mostSecrets = 3;

export function createWebhookEndpoints({
  declarations,
  places,
  documents,
  deliveries,
  secrets,
  send,
  announce,
  refresh,
  audit,
  clock,
}: WebhookEndpointsDependencies): WebhookEndpoints {
  const ofFile = endpointsOf(declarations);
  const declared = declarations.map(
    (one, index): WebhookView => ({
      ...{ id: ofFile[index]?.id ?? '', url: one.url, events: one.events },
      ...{ source: 'file', secrets: [], version: 0 },
    }),
  );

  const readStored = async (): Promise<StoredEndpoint[]> =>
    (await documents.get<EndpointsDocument>(endpointsDocument))?.value.endpoints ?? [];

  const get = async (id: string): Promise<WebhookView> => {
    const stored = (await readStored()).find((one) => one.id === id);
    const view = stored ? viewOf(stored) : declared.find((one) => one.id === id);
    if (!view) throw noSuchWebhook();
    return view;
  };

  const requireChangeable = (id: string) => {
    const managed = declared.find((one) => one.id === id);
    if (managed) places.requireNotManaged('webhook', managed.url);
  };

  const eventOf = (
    event: WebhookEvent,
    change: RecordedChange,
    by: ChangeContext,
  ): AuditRecord => ({
    ...{ type: `webhook.${event}`, outcome: 'success', ...onRecord(by), ...change },
  });

  /** `decide` returns what there is then, with what goes on record of it; without an event nothing is written. */
  const write = async (
    decide: (all: readonly StoredEndpoint[]) => {
      all: readonly StoredEndpoint[];
      event: AuditRecord | undefined;
    },
  ): Promise<void> => {
    let event: AuditRecord | undefined;
    await updateDocument<EndpointsDocument>(
      documents,
      endpointsDocument,
      (value = { endpoints: [] }) => {
        const decided = decide(value.endpoints);
        event = decided.event;
        return event ? { endpoints: [...decided.all] } : value;
      },
      (put) => (event ? audit.recordChange(event, (kept) => put([kept])) : put()),
    );
    await announce(copyChangedKind, 'webhooks');
    await refresh();
  };

  /** `decide` returns null to remove the endpoint. Nothing is written, or put on record, that changes nothing. */
  const change = async (
    id: string,
    event: WebhookEvent,
    by: ChangeContext,
    decide: (endpoint: StoredEndpoint) => Partial<StoredEndpoint> | null,
  ): Promise<StoredEndpoint> => {
    requireChangeable(id);
    const apply = (all: readonly StoredEndpoint[]) => {
      const before = all.find((one) => one.id === id);
      if (!before) throw noSuchWebhook();
      requireVersion(before, by);
      const difference = decide(before);
      if (difference === null) {
        const rest = all.filter((one) => one !== before);
        const change = removedAs({ kind: 'webhook', id }, before);
        return { after: before, event: eventOf(event, change, by), all: rest };
      }
      const changed = { ...before, ...difference };
      if (isSameRecord(changed, before)) return { after: before, event: undefined, all };
      const after = { ...changed, updatedAt: clock.now(), version: before.version + 1 };
      const rest = all.map((one) => (one === before ? after : one));
      const change = changeOf({ kind: 'webhook', id }, before, after);
      return { after, event: eventOf(event, change, by), all: rest };
    };
    let outcome = apply(await readStored());
    if (!outcome.event) return outcome.after;
    await write((all) => {
      outcome = apply(all);
      return outcome;
    });
    return outcome.after;
  };

  return {
    list: async () => [...declared, ...(await readStored()).map(viewOf)],
    get,

    async create(input, by) {
      const given = parseFields(newWebhookSchema, input);
      const now = clock.now();
      const secret = newSecret();
      const endpoint: StoredEndpoint = {
        ...{ id: `webhook_${randomId()}`, ...given },
        secrets: [sealSecret(secrets, secret, now)],
        ...{ createdAt: now, updatedAt: now, version: 1 },
      };
      const made = createdAs({ kind: 'webhook', id: endpoint.id }, endpoint);
      await write((all) => {
        if (all.length >= mostWebhooks) throw tooManyWebhooks();
        return { all: [...all, endpoint], event: eventOf('created', made, by) };
      });
      return { endpoint: viewOf(endpoint), secret };
    },

    async update(id, changes, by) {
      const given = parseFields(webhookChangeSchema, changes);
      const wanted = {
        ...(given.url !== undefined && { url: given.url }),
        ...(given.events !== undefined && { events: given.events ?? undefined }),
        ...(given.description !== undefined && { description: given.description ?? undefined }),
      };
      return viewOf(await change(id, 'updated', by, () => wanted));
    },

    async disable(id, by) {
      const disabling = ({ disabledAt = clock.now() }: StoredEndpoint) => ({ disabledAt });
      return viewOf(await change(id, 'updated', by, disabling));
    },

    async enable(id, by) {
      return viewOf(await change(id, 'updated', by, () => ({ disabledAt: undefined })));
    },

    async rotateSecret(id, { overlapSeconds = webhookSecretOverlap }, by) {
      const overlap = parseFields(overlapSchema, overlapSeconds);
      const secret = newSecret();
      const endpoint = await change(id, 'secret_rotated', by, ({ secrets: earlier }) => {
        const now = clock.now();
        const end = now + overlap * 1000;
        const kept = earlier
          .map((one) => ({ ...one, expiresAt: Math.min(one.expiresAt ?? end, end) }))
          .filter(({ expiresAt }) => expiresAt > now);
        return { secrets: [sealSecret(secrets, secret, now), ...kept].slice(0, mostSecrets) };
      });
      return { endpoint: viewOf(endpoint), secret };
    },

    async remove(id, by) {
      await change(id, 'deleted', by, () => null);
    },

    async waiting(id, { after, limit }) {
      await get(id);
      return deliveries.waiting({ endpoint: id, now: clock.now(), after, limit });
    },

    async sendTest(id) {
      const stored = (await readStored()).find((one) => one.id === id);
      const endpoint: WebhookEndpoint | undefined = stored
        ? toEndpoint(stored, secrets)
        : ofFile.find((one) => one.id === id);
      if (!endpoint) throw noSuchWebhook();
      const timestamp = new Date(clock.now()).toISOString();
      const payload = JSON.stringify({ type: 'webhook.test', timestamp, data: {} });
      const message = `msg_${randomId(24)}`;
      return send(endpoint, { message, payload }, new AbortController().signal);
    },
  };
}

type WebhookEvent = 'created' | 'updated' | 'secret_rotated' | 'deleted';

function viewOf({ secrets, ...endpoint }: StoredEndpoint): WebhookView {
  const shown = secrets.map(({ sealed: _sealed, ...times }) => times);
  return { ...endpoint, source: 'operator', secrets: shown };
}

/** Standard Webhooks: `whsec_` and the bytes as base64. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

function noSuchWebhook(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such webhook.' });
}

function tooManyWebhooks(): CardeaError {
  return new CardeaError({
    code: 'too_many_webhooks',
    status: 409,
    message: `There are ${mostWebhooks} webhooks, the most that a server keeps. Delete some first.`,
  });
}
