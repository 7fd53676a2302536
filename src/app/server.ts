/**
 * The composition root of the server: opens the configured store, creates every room with its dependencies, and
 * gives the route table its handlers. Each step names what it needs from earlier ones; no decisions are made here.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { applyDeclaration } from '../declaration/room.ts';
import type { Application } from '../http/application.ts';
import { createEngineClientCheck } from '../oidc/room.ts';
import { createPurge } from '../storage/operation/purge.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createServerApiKeys } from './api_keys.ts';
import { createServerApplication } from './application.ts';
import { createInspector } from './inspection.ts';
import { createKnownRecords } from './known_records.ts';
import { openOwnStore } from './own_store.ts';
import { createPages } from './pages.ts';
import { createProtocol, type Made } from './protocol.ts';
import { createServices } from './services.ts';
import type { Start } from './start.ts';
import { startTokens } from './tokens.ts';

export type App = {
  application: Application;
  /** Throws StoreUnavailableError when the store does not answer, or takes no writes. */
  ping(): Promise<void>;
  /** Responds to long polls, so that they don't hold up the listener's close. */
  stopping(): void;
  close(): Promise<void>;
};

export async function createApp({
  config,
  log,
  metrics,
  isFirst = true,
  clock = systemClock,
}: {
  config: Config;
  log: Log;
  metrics: Metrics;
  /** Whether to apply the declarative file to clients and users: once per start of a node. */
  isFirst?: boolean;
  clock?: Clock;
}): Promise<App> {
  await using begun = new AsyncDisposableStack();
  const { store, ping } = await openOwnStore({ config, metrics, clock });
  begun.defer(() => store.close());
  const services = createServices({
    ...{ config, store, clock, log },
    engineCheck: (client) => engine.problemOf(client),
  });
  begun.defer(() => services.close());

  const start: Start = {
    ...{ config, log, metrics, clock, services, begun },
    basePath: new URL(config.issuer).pathname.replace(/\/$/, ''),
    cookieKeys: services.secrets.deriveAll('cookies').map((key) => key.toString('base64url')),
  };
  const known = createKnownRecords(start);
  const tokens = await startTokens(start, known);
  const pages = createPages(start);
  const keys = await createServerApiKeys(start, known, tokens);
  const inspector = await createInspector(start, pages);
  const made = { known, tokens, keys, pages, inspector };
  const protocol = await createProtocol(start, made);
  const engine = createEngineClientCheck(protocol.oidc.provider, start.services.scopes);

  if (isFirst) {
    engine.checkDeclared(config.declaration.clients);
    await applyDeclared(start);
  }
  const application = createServerApplication(start, made, protocol);
  keys.start();
  startPurge(start);
  await showNumbers(start, made);

  const running = begun.move();
  return {
    ...{ application, ping },
    stopping: tokens.status.endWaiting,
    close: () => running.disposeAsync(),
  };
}

async function applyDeclared({ config, services, clock, log }: Start): Promise<void> {
  const { store, secrets } = services;
  await applyDeclaration({
    ...{ declaration: config.declaration, clock, log },
    clients: await services.clients(),
    users: await services.users(),
    documents: store.documents,
    digestKeys: secrets.deriveAll('declarative file'),
  });
}

function startPurge({ config, services, clock, log, begun }: Start): void {
  const keepAuditMs = config.declaration.audit.keep * 1000;
  const purge = createPurge({ store: services.store, clock, log, keepAuditMs });
  begun.defer(() => purge.stop());
}

/** Runs last, when nothing can fail anymore: a metric can be registered only once, and a start may be retried. */
async function showNumbers({ metrics, services, clock }: Start, { tokens, keys }: Made) {
  const { queue } = await services.passwords();
  metrics.watchApiKeyVerdicts(keys.apiKeys.verdicts);
  metrics.watchPasswordQueue(queue);
  metrics.watchStatusLists(() => (clock.now() - tokens.status.upToDateAt()) / 1000);
  metrics.watchSigningKeyAge(
    () => (clock.now() - tokens.keys.snapshot().current.activatesAt) / 1000,
  );
}
