/**
 * The domain services, composed once for the server, the command line, and anything else that changes users, clients,
 * projects, keys or tokens. A service carries out a change completely, including its audit event and every revocation
 * that follows; its callers only parse input, call it and respond.
 *
 * A service and its room are loaded on first use, so that commands start quickly. Nothing here listens or sets a
 * timer; the server starts what it needs.
 */
import { type ApiRegistry, createApiRegistry } from '../apis/room.ts';
import {
  type Audit,
  createAudit,
  createRepeatableEvents,
  type RepeatableSink,
} from '../audit/room.ts';
import { type AnnounceChange, createChangeMarkers } from '../caching/change_markers.ts';
import { createMarkerWatch, type MarkerWatch } from '../caching/marker_watch.ts';
import type { EngineCheck } from '../clients/room.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createPersonScopes, type PersonScopes } from '../scopes/room.ts';
import { createSecrets, type Secrets } from '../secrets/room.ts';
import type { Store } from '../storage/store.ts';
import type { Log } from '../telemetry/log.ts';
import { onlyRun, type Step } from '../telemetry/tracing/spans.ts';
import { createWebhookOutbox, type WebhookOutbox, withWebhooks } from '../webhooks/room.ts';
import { createRecordServices, type RecordServices } from './record_services.ts';
import { createTokenServices, type TokenServices } from './token_services.ts';

/** Dependencies that all services share. */
export type Basis = {
  config: Pick<Config, 'secrets' | 'declaration'>;
  store: Store;
  clock: Clock;
  log: Pick<Log, 'debug' | 'info' | 'warn' | 'error'>;
  /** Shows in traces what takes time beside the store. */
  step: Step;
  secrets: Secrets;
  /** What it is told reaches webhooks, too, where the table of events says so. */
  audit: Audit & RepeatableSink;
  /** Whose deliveries a server sends. */
  webhookOutbox: WebhookOutbox;
  apis: ApiRegistry;
  scopes: PersonScopes;
  /** Tells this process what has changed since it read it. */
  watch: MarkerWatch;
  /** Tells every process that a record has changed. */
  announce: AnnounceChange;
  /** Closes the created services in reverse order. */
  closing: AsyncDisposableStack;
};

export type Services = Omit<Basis, 'closing'> &
  TokenServices &
  RecordServices & {
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
}: Pick<Basis, 'config' | 'store' | 'clock' | 'log'> & {
  /** Default: no traces. */
  step?: Step | undefined;
  /** Default: a check that needs no server. */
  engineCheck?: EngineCheck;
}): Services {
  const secrets = createSecrets(config.secrets);
  const webhookOutbox = createWebhookOutbox({
    ...{ declarations: config.declaration.webhooks, deliveries: store.webhookDeliveries, clock },
  });
  const audit = {
    ...withWebhooks(createAudit({ store: store.audit, clock, log }), {
      ...{ notify: webhookOutbox.notify, clock },
    }),
    ...createRepeatableEvents({
      ...{ store: store.audit, counters: store.counters, clock },
      key: secrets.derive('repeatable events'),
    }),
  };
  const closing = new AsyncDisposableStack();
  closing.defer(() => audit.close());
  const { closing: _closing, ...basis } = {
    ...{ config, store, clock, log, step, secrets, audit, webhookOutbox, closing },
    apis: createApiRegistry(config.declaration.apis),
    scopes: createPersonScopes(config.declaration),
    watch: createMarkerWatch({ markers: store.revocations, clock }),
    announce: createChangeMarkers({ markers: store.revocations, clock }),
  };
  const tokens = createTokenServices({ ...basis, closing });
  const records = createRecordServices({ ...basis, closing }, { ...tokens, engineCheck });
  return { ...basis, ...tokens, ...records, close: () => closing.disposeAsync() };
}
