/**
 * The domain services, composed once for the server, the command line, and anything else that changes users, clients,
 * projects, keys or tokens. A service carries out a change completely, including its audit event and every revocation
 * that follows; its callers only parse input, call it and respond.
 *
 * A service and its room are loaded on first use, so that commands start quickly. Nothing here listens or sets a
 * timer; the server starts what it needs.
 */
import { type ApiRegistry, createApiRegistry, followStoredApis } from '../apis/room.ts';
import {
  type Audit,
  type ChainRegister,
  type ChangeSink,
  createAudit,
  createChainRegister,
  createRecordedChanges,
  createRepeatableEvents,
  createSealingKeys,
  type RepeatableSink,
  type Verification,
  verifyTrail,
} from '../audit/room.ts';
import { type AnnounceChange, createChangeMarkers } from '../caching/change_markers.ts';
import { createMarkerWatch, type MarkerWatch } from '../caching/marker_watch.ts';
import type { EngineCheck } from '../clients/room.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ApiKeysDeclaration } from '../config/schema/api_keys.ts';
import { createDeclarationPlaces, type DeclarationPlaces } from '../declaration/room.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { createProviderCatalogue, type ProviderCatalogue } from '../identity_providers/room.ts';
import { createPersonScopes, type PersonScopes } from '../scopes/room.ts';
import { createSecrets, type Secrets } from '../secrets/room.ts';
import { createSettings, type Settings } from '../settings/room.ts';
import { withCountedEvents } from '../statistics/room.ts';
import type { Store } from '../storage/store.ts';
import type { Log } from '../telemetry/log.ts';
import { onlyRun, type Step } from '../telemetry/tracing/spans.ts';
import { createLiveTiers } from '../tiers/room.ts';
import {
  createFoldedNotices,
  createWebhookOutbox,
  followStoredEndpoints,
  type WebhookOutbox,
  withWebhooks,
} from '../webhooks/room.ts';
import { createMailServices, type MailServices } from './mail/mail_services.ts';
import { createRecordServices, type RecordServices } from './record_services.ts';
import { createTokenServices, type TokenServices } from './token_services.ts';

/** Dependencies that all services share. */
export type Basis = {
  config: Pick<Config, 'issuer' | 'developmentMode' | 'secrets' | 'declaration' | 'file'>;
  store: Store;
  clock: Clock;
  log: Pick<Log, 'debug' | 'info' | 'warn' | 'error'>;
  /** Shows in traces what takes time beside the store. */
  step: Step;
  secrets: Secrets;
  /** What it is told reaches webhooks, too, where the table of events says so. */
  audit: Audit & ChangeSink & RepeatableSink;
  /** What keeps the audit trail provable, and proves it. */
  auditTrail: Pick<ChainRegister, 'notePurge'> & {
    /** Puts on record the events of changes whose process died. See RecordedChanges. */
    resume(olderThanMs: number): Promise<number>;
    verify(onProgress?: (events: number) => void): Promise<Verification>;
  };
  /** Whose deliveries a server sends. */
  webhookOutbox: WebhookOutbox;
  /** Where the declarative file declares what, and that only the file changes it. */
  places: DeclarationPlaces;
  settings: Settings;
  /** The configuration of API keys, with the tiers of this moment. */
  keyPolicy: ApiKeysDeclaration;
  apis: ApiRegistry;
  scopes: PersonScopes;
  /** What operators see of identity providers. */
  providerCatalogue: ProviderCatalogue;
  /** Tells this process what has changed since it read it. */
  watch: MarkerWatch;
  /** Tells every process that a record has changed. */
  announce: AnnounceChange;
  /** Closes the created services in reverse order. */
  closing: AsyncDisposableStack;
};

export type Services = Omit<Basis, 'closing'> &
  TokenServices &
  RecordServices &
  MailServices & {
    /** From then on they know what the store has of APIs, tiers and settings. Throws StoreUnavailableError. */
    ready(): Promise<void>;
    /** Closes the services and writes pending audit events. The store stays open: the caller owns it. */
    close(): Promise<void>;
  };

export function createServices({
  config,
  store,
  clock,
  log,
  step = onlyRun,
  engineCheck,
  countEvent = () => {},
}: Pick<Basis, 'config' | 'store' | 'clock' | 'log'> & {
  /** Default: no traces. */
  step?: Step | undefined;
  /** Default: a check that needs no server. */
  engineCheck?: EngineCheck;
  /** Is called for each event of the audit trail. */
  countEvent?: (type: AuditEventType) => void;
}): Services {
  const secrets = createSecrets(config.secrets);
  const webhookOutbox = createWebhookOutbox({
    ...{ declarations: config.declaration.webhooks, deliveries: store.deliveries, clock },
  });
  const sealingKeys = createSealingKeys(secrets);
  const [key] = sealingKeys;
  const auditRegister = createChainRegister({
    ...{ chains: store.auditChains, documents: store.documents, keys: sealingKeys, clock },
  });
  const recorder = {
    ...withWebhooks(createAudit({ store: store.audit, register: auditRegister, key, clock, log }), {
      ...{ outbox: webhookOutbox, clock },
    }),
    ...createRepeatableEvents({
      ...{ store: store.audit, counters: store.counters, clock },
      ...{ key: secrets.derive('repeatable events'), sealingKey: key },
      onFirst: createFoldedNotices({ outbox: webhookOutbox, counters: store.counters, clock }),
    }),
  };
  const counted = withCountedEvents(recorder, countEvent);
  const { resume, ...recordedChanges } = createRecordedChanges({
    ...{ record: counted.record, store: store.audit, clock },
  });
  const audit = { ...counted, ...recordedChanges };
  const closing = new AsyncDisposableStack();
  closing.defer(() => audit.close());
  const apis = createApiRegistry(config.declaration.apis);
  const watch = createMarkerWatch({ markers: store.revocations, clock });
  followStoredApis({
    ...{ registry: apis, store: store.apis, scopes: config.declaration.scopes, watch, clock, log },
  });
  followStoredEndpoints({
    ...{ documents: store.documents, secrets, adopt: webhookOutbox.adopt, watch, clock, log },
  });
  const announce = createChangeMarkers({ markers: store.revocations, clock });
  const places = createDeclarationPlaces(config);
  const settings = createSettings({
    ...{ declared: config.declaration.pages, documents: store.documents },
    ...{ places, announce, watch, audit, clock },
  });
  const keyPolicy = createLiveTiers({
    ...{ declared: config.declaration.api_keys, documents: store.documents, watch, clock },
  });
  const { closing: _closing, ...basis } = {
    ...{ config, store, clock, log, step, secrets, audit, webhookOutbox, closing },
    auditTrail: {
      ...{ notePurge: auditRegister.notePurge, resume },
      verify: (onProgress?: (events: number) => void) =>
        verifyTrail({ store, keys: sealingKeys, clock, ...(onProgress && { onProgress }) }),
    },
    ...{ places, settings, keyPolicy, announce },
    providerCatalogue: createProviderCatalogue({
      ...{ configs: config.declaration.identity_providers, clients: config.declaration.clients },
      issuer: config.issuer,
    }),
    ...{ apis, watch, scopes: createPersonScopes(config.declaration, apis.releasesClaim) },
  };
  const tokens = createTokenServices({ ...basis, closing });
  const mails = createMailServices(basis);
  const records = createRecordServices({ ...basis, closing }, { ...tokens, ...mails, engineCheck });
  const ready = async () => void (await watch.catchUp());
  return { ...basis, ...tokens, ...records, ...mails, ready, close: () => closing.disposeAsync() };
}
