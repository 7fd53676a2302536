/**
 * The composition root of the server: opens the configured store, creates every room with its dependencies, and
 * gives the route table its handlers. Each step names what it needs from earlier ones; no decisions are made here.
 */
import { accountClient, createDueDeletions } from '../account/room.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { consoleClient } from '../console/room.ts';
import { applyDeclaration } from '../declaration/room.ts';
import type { Application } from '../http/application.ts';
import { createEngineClientCheck } from '../oidc/room.ts';
import type { FirstOwner } from '../operators/room.ts';
import {
  countEventsIn,
  createStatisticsRecorder,
  passwordQueueSample,
  verdictSample,
  withStatistics,
} from '../statistics/room.ts';
import { createPurge } from '../storage/operation/purge.ts';
import { createSearchFill } from '../storage/operation/search_fill.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Spans } from '../telemetry/tracing/spans.ts';
import { resealEndpoints } from '../webhooks/room.ts';
import { createServerAccount } from './account.ts';
import { createServerAdmin } from './admin.ts';
import { createServerApiKeys } from './api_keys.ts';
import { createServerApplication } from './application.ts';
import { createServerClientUses } from './client_uses.ts';
import { createServerConsole } from './console.ts';
import { createServerProviders } from './identity_providers.ts';
import { createInspector } from './inspection.ts';
import { createKnownRecords } from './known_records.ts';
import type { Made } from './made.ts';
import { startMails } from './mail/server_mail.ts';
import { openOwnStore } from './own_store.ts';
import { createPages } from './pages.ts';
import { createProtocol } from './protocol.ts';
import { createServerRecovery } from './recovery.ts';
import { createServerRegistration } from './registration.ts';
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
  metrics: measured,
  spans,
  isFirst = true,
  clock = systemClock,
}: {
  config: Config;
  log: Log;
  metrics: Metrics;
  /** Default: no traces. */
  spans?: Spans | undefined;
  /** Whether to apply the declarative file to clients and users: once per start of a node. */
  isFirst?: boolean;
  clock?: Clock;
}): Promise<App> {
  await using begun = new AsyncDisposableStack();
  const statistics = createStatisticsRecorder({ clock, log });
  const metrics = withStatistics(measured, statistics);
  const { store, ping } = await openOwnStore({ config, metrics, step: spans?.step, clock });
  begun.defer(() => store.close());
  statistics.start(store.statistics);
  begun.defer(() => statistics.close());
  const services = createServices({
    ...{ config, store, clock, log, step: spans?.step },
    engineCheck: (client) => engine.problemOf(client),
    countEvent: countEventsIn(statistics),
  });
  begun.defer(() => services.close());
  await services.ready();

  const start: Start = {
    ...{ config, log, metrics, spans, statistics, clock, services, begun },
    basePath: new URL(config.issuer).pathname.replace(/\/$/, ''),
    cookieKeys: services.secrets.deriveAll('cookies').map((key) => key.toString('base64url')),
  };
  const known = createKnownRecords(start);
  const tokens = await startTokens(start, known);
  const pages = createPages(start);
  const clientUses = await createServerClientUses(start);
  const keys = await createServerApiKeys(start, { known, clientUses, tokens });
  const inspector = await createInspector(start, pages);
  const providers = await createServerProviders(start);
  const made = { known, clientUses, tokens, keys, pages, inspector, providers };
  const protocol = await createProtocol(start, made);
  const engine = createEngineClientCheck(protocol.oidc.provider, start.services.scopes);

  const admin = createServerAdmin(start, made, protocol, engine.problemOf);
  const console = await createServerConsole(start, made, protocol, admin);
  const account = await createServerAccount(start, made, protocol);
  const recovery = await createServerRecovery(start, made);
  const registration = await createServerRegistration(start, made);

  if (isFirst) {
    engine.checkDeclared(config.declaration.clients);
    const firstOwner = await services.firstOwner();
    await firstOwner.noteEmptyStore();
    await applyBuiltIn(start);
    await applyDeclared(start);
    await welcomeFirstOwner(start, firstOwner);
    await resealEndpoints(store.documents, services.secrets);
  }
  const application = createServerApplication(start, made, protocol, admin, {
    ...{ console, account, recovery, registration },
  });
  keys.start();
  startPurge(start);
  await startMails(start);
  await startDeletions(start);
  if (isFirst) startSearchFill(start);
  await showNumbers(start, made);

  const running = begun.move();
  return {
    ...{ application, ping },
    stopping: tokens.status.endWaiting,
    close: () => running.disposeAsync(),
  };
}

async function applyBuiltIn({ config: { issuer }, services }: Start): Promise<void> {
  const { secrets } = services;
  const clients = await services.clients();
  for (const client of [consoleClient, accountClient]) {
    await clients.applyBuiltIn(client({ issuer, secrets }));
  }
}

async function applyDeclared({ config, services, clock, log }: Start): Promise<void> {
  const { store, secrets } = services;
  await applyDeclaration({
    ...{ declaration: config.declaration, clock, log },
    apis: await services.apiRecords(),
    clients: await services.clients(),
    users: await services.users(),
    operators: await services.operators(),
    documents: store.documents,
    digestKeys: secrets.deriveAll('declarative file'),
  });
}

/** To the log, which only whoever runs this can read. In development mode, the demonstration has an owner. */
async function welcomeFirstOwner(
  { config: { issuer, developmentMode }, services, log }: Start,
  firstOwner: FirstOwner,
): Promise<void> {
  const secret = developmentMode ? undefined : await firstOwner.createLink();
  if (secret !== undefined) {
    const link = `${issuer.replace(/\/$/, '')}/first-owner#${secret}`;
    log.warn(
      { link },
      'nobody owns this Cardea yet: open the link within a day and become the owner',
    );
  } else if (!(await (await services.operators()).hasOwner())) {
    log.info({}, 'nobody owns this Cardea yet: cardea owner create NAME');
  }
}

function startPurge({ config, services, clock, log, begun }: Start): void {
  const keepAuditMs = config.declaration.audit.keep * 1000;
  const { store, auditTrail } = services;
  const noting = {
    async purge(options: Parameters<typeof store.purge>[0]) {
      // First, so that events that were purged in their time are never taken for removed ones.
      await auditTrail.notePurge(options.auditBefore);
      return store.purge(options);
    },
  };
  const purge = createPurge({ store: noting, clock, log, keepAuditMs });
  begun.defer(() => purge.stop());
}

/** Where nobody may delete an account any more, those that are to be deleted go all the same. */
async function startDeletions({ services, log, begun }: Start): Promise<void> {
  const deletions = createDueDeletions({ users: await services.users(), log });
  begun.defer(() => deletions.stop());
}

function startSearchFill({ services, log, begun }: Start): void {
  const { search, documents } = services.store;
  const fill = createSearchFill({ search, documents, log });
  begun.defer(async () => {
    fill.stop();
    await fill.filled;
  });
}

/** Runs last, when nothing can fail anymore: a metric can be registered only once, and a start may be retried. */
async function showNumbers(start: Start, { tokens, keys }: Made) {
  const { metrics, statistics, services, clock } = start;
  const { queue } = await services.passwords();
  statistics.onSample(verdictSample(keys.apiKeys.verdicts, statistics));
  statistics.onSample(passwordQueueSample(queue, statistics));
  metrics.watchApiKeyVerdicts(keys.apiKeys.verdicts);
  metrics.watchPasswordQueue(queue);
  metrics.watchStatusLists(() => (clock.now() - tokens.status.upToDateAt()) / 1000);
  metrics.watchSigningKeyAge(
    () => (clock.now() - tokens.keys.snapshot().current.activatesAt) / 1000,
  );
}
