/**
 * Webhook endpoints as operators see and change them: those of the declarative file, which only the file changes, and
 * those that are made while the server runs.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { AuditContext, AuditSink } from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import { type WebhookDeclaration, webhookSchema } from '../config/schema/api_keys.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import { longestDuration } from '../definitions/durations.ts';
import { webhookSecretOverlap } from '../definitions/lifetimes.ts';
import { mostWebhooks } from '../definitions/limits.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { parseFields } from '../input_check.ts';
import type { Secrets } from '../secrets/room.ts';
import { updateDocument } from '../storage/change_document.ts';
import type { DocumentStore } from '../storage/documents.ts';
import type { WebhookDelivery, WebhookDeliveryStore } from '../storage/webhook_deliveries.ts';
import type { AttemptResult, Send } from './delivery_attempt.ts';
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

/** `dryRun`: checks, and returns what would be. `expectedVersion`: only that version is changed. */
type WriteOptions = { dryRun?: boolean; expectedVersion?: number | undefined };

export type WebhookEndpoints = {
  /** Those of the file in its order, then the others in the order of their making. */
  list(): Promise<WebhookView[]>;
  find(id: string): Promise<WebhookView | undefined>;
  /** `input`: `url`, `events`, `description`. Throws InvalidFieldsError, CardeaError `too_many_webhooks`. */
  create(
    input: unknown,
    by: AuditContext,
    options?: Pick<WriteOptions, 'dryRun'>,
  ): Promise<WebhookWithSecret>;
  /**
   * Absent members stay, null removes. Throws `not_found`, `conflict`, and for an endpoint of the file
   * `managed_by_file`, as all below do, and InvalidFieldsError.
   */
  update(
    id: string,
    changes: unknown,
    by: AuditContext,
    options?: WriteOptions,
  ): Promise<WebhookView>;
  /** It gets no more events; what waits for it is sent when it is enabled in time. */
  disable(id: string, by: AuditContext, options?: WriteOptions): Promise<WebhookView>;
  enable(id: string, by: AuditContext, options?: WriteOptions): Promise<WebhookView>;
  /** Until the overlap ends, deliveries are signed with the previous secret as well. */
  rotateSecret(
    id: string,
    by: AuditContext,
    options?: Pick<WriteOptions, 'expectedVersion'> & { overlapSeconds?: number | undefined },
  ): Promise<WebhookWithSecret>;
  remove(id: string, by: AuditContext, options?: WriteOptions): Promise<WebhookView>;
  /** What it has not got yet, the oldest first: `attempts` of them failed, the next is due at `dueAt`. */
  waiting(
    id: string,
    options: { after?: { createdAt: number; id: string } | undefined; limit: number },
  ): Promise<WebhookDelivery[]>;
  /** Sends an event `webhook.test` at once, and returns what came of it. It is not repeated. Also for one of the file. */
  sendTest(id: string): Promise<AttemptResult>;
};

export type WebhookEndpointsDependencies = {
  declarations: readonly WebhookDeclaration[];
  places: Pick<DeclarationPlaces, 'requireNotManaged'>;
  documents: DocumentStore;
  deliveries: Pick<WebhookDeliveryStore, 'waiting'>;
  secrets: Secrets;
  send: Send;
  announce: AnnounceChange;
  /** Brings this process up to date. */
  refresh: () => Promise<unknown>;
  audit: AuditSink;
  clock: Clock;
};

const { url, events } = webhookSchema.shape;
const description = z.string().trim().min(1).max(200);
const newSchema = z.strictObject({ url, events, description: description.optional() });
const changeSchema = z
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

  const find = async (id: string): Promise<WebhookView | undefined> => {
    const stored = (await readStored()).find((one) => one.id === id);
    return stored ? viewOf(stored) : declared.find((one) => one.id === id);
  };

  const requireChangeable = (id: string) => {
    const managed = declared.find((one) => one.id === id);
    if (managed) places.requireNotManaged('webhook', managed.url);
  };

  /** Only the host: a URL may contain a secret. */
  const note = (
    event: WebhookEvent,
    { id, url: address }: { id: string; url: string },
    by: AuditContext,
  ) =>
    audit.record({
      ...{ type: `webhook.${event}` as const, outcome: 'success' as const, ...by },
      details: { webhook_id: id, webhook: new URL(address).host },
    });

  const write = async (
    decide: (all: readonly StoredEndpoint[]) => StoredEndpoint[],
  ): Promise<void> => {
    await updateDocument<EndpointsDocument>(documents, endpointsDocument, (value) => ({
      endpoints: decide(value?.endpoints ?? []),
    }));
    await announce(copyChangedKind, 'webhooks');
    await refresh();
  };

  /** `decide` returns undefined to leave the endpoint as it is, null to remove it. */
  const change = async (
    id: string,
    { expectedVersion, dryRun = false }: WriteOptions,
    decide: (endpoint: StoredEndpoint) => Partial<StoredEndpoint> | null | undefined,
  ): Promise<{ endpoint: StoredEndpoint; changed: boolean }> => {
    requireChangeable(id);
    const apply = (all: readonly StoredEndpoint[]) => {
      const endpoint = all.find((one) => one.id === id);
      if (!endpoint) throw noSuchWebhook();
      if (expectedVersion !== undefined && endpoint.version !== expectedVersion) {
        throw webhookConflict();
      }
      const difference = decide(endpoint);
      const next = {
        ...{ ...endpoint, ...difference },
        ...{ updatedAt: clock.now(), version: endpoint.version + 1 },
      };
      const rest =
        difference === null
          ? all.filter((one) => one !== endpoint)
          : all.map((one) => (one === endpoint ? next : one));
      return difference
        ? { endpoint: next, changed: true, rest }
        : { endpoint, changed: difference === null, rest };
    };
    let outcome = apply(await readStored());
    if (!dryRun && outcome.changed) {
      await write((all) => {
        outcome = apply(all);
        return outcome.rest;
      });
    }
    return outcome;
  };

  const setDisabled =
    (disabledAt: () => number | undefined): WebhookEndpoints['disable'] =>
    async (id, by, options = {}) => {
      const wanted = disabledAt();
      const { endpoint, changed } = await change(id, options, (stored) =>
        (stored.disabledAt === undefined) === (wanted === undefined)
          ? undefined
          : { disabledAt: wanted },
      );
      if (changed && !options.dryRun) await note('updated', endpoint, by);
      return viewOf(endpoint);
    };

  return {
    list: async () => [...declared, ...(await readStored()).map(viewOf)],
    find,
    disable: setDisabled(() => clock.now()),
    enable: setDisabled(() => undefined),

    async create(input, by, { dryRun = false } = {}) {
      const given = parseFields(newSchema, input);
      const now = clock.now();
      const secret = newSecret();
      const endpoint: StoredEndpoint = {
        ...{ id: `webhook_${randomId()}`, ...given },
        secrets: [sealSecret(secrets, secret, now)],
        ...{ createdAt: now, updatedAt: now, version: 1 },
      };
      const add = (all: readonly StoredEndpoint[]) => {
        if (all.length >= mostWebhooks) throw tooManyWebhooks();
        return [...all, endpoint];
      };
      if (dryRun) add(await readStored());
      else {
        await write(add);
        await note('created', endpoint, by);
      }
      return { endpoint: viewOf(endpoint), secret };
    },

    async update(id, changes, by, options = {}) {
      const given = parseFields(changeSchema, changes);
      const wanted = {
        ...(given.url !== undefined && { url: given.url }),
        ...(given.events !== undefined && { events: given.events ?? undefined }),
        ...(given.description !== undefined && { description: given.description ?? undefined }),
      };
      const { endpoint } = await change(id, options, () => wanted);
      if (!options.dryRun) await note('updated', endpoint, by);
      return viewOf(endpoint);
    },

    async rotateSecret(id, by, { overlapSeconds = webhookSecretOverlap, ...options } = {}) {
      const overlap = parseFields(overlapSchema, overlapSeconds);
      const secret = newSecret();
      const { endpoint } = await change(id, options, ({ secrets: earlier }) => {
        const now = clock.now();
        const end = now + overlap * 1000;
        const kept = earlier
          .map((one) => ({ ...one, expiresAt: Math.min(one.expiresAt ?? end, end) }))
          .filter(({ expiresAt }) => expiresAt > now);
        return { secrets: [sealSecret(secrets, secret, now), ...kept].slice(0, mostSecrets) };
      });
      await note('secret_rotated', endpoint, by);
      return { endpoint: viewOf(endpoint), secret };
    },

    async remove(id, by, options = {}) {
      const { endpoint } = await change(id, options, () => null);
      if (!options.dryRun) await note('deleted', endpoint, by);
      return viewOf(endpoint);
    },

    async waiting(id, { after, limit }) {
      if (!(await find(id))) throw noSuchWebhook();
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

function webhookConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else changed the webhook at the same time. Check it and try again.',
  });
}

function tooManyWebhooks(): CardeaError {
  return new CardeaError({
    code: 'too_many_webhooks',
    status: 409,
    message: `There are ${mostWebhooks} webhooks, the most that a server keeps. Delete some first.`,
  });
}
