/**
 * The server's API keys: verification, notices to their owners, and exchange for tokens.
 */
import {
  type ApiKeysRoom,
  createApiKeysRoom,
  createKeyExchange,
  createKeyNoticesRoom,
  type KeyExchange,
} from '../api_keys/room.ts';
import { serverLimits } from '../definitions/limits.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import { type ArePrincipalsActive, createPrincipalCheck } from '../tokens/room.ts';
import { createWebhooks } from '../webhooks/room.ts';
import type { Made } from './made.ts';
import type { Start } from './start.ts';

export type ServerApiKeys = {
  apiKeys: ApiKeysRoom;
  notices: ReturnType<typeof createKeyNoticesRoom>;
  keyExchange: KeyExchange;
  /** Whether every principal behind a token is still active. */
  arePrincipalsActive: ArePrincipalsActive;
  /** Starts webhook delivery and the watch for expiring keys. */
  start(): void;
};

export async function createServerApiKeys(
  start: Start,
  {
    known: { watch, findClient, findUser },
    clientUses: { verifySecret },
    tokens,
  }: Pick<Made, 'known' | 'clientUses' | 'tokens'>,
): Promise<ServerApiKeys> {
  const { config, services, clock, log, begun } = start;
  const { store, secrets, apis } = services;
  const { issuer } = config;
  const policy = services.keyPolicy;
  const { killSwitches } = await services.switches();

  const { notices, webhooks } = await createNotices(start);
  const apiKeys = createApiKeysRoom({
    ...{ issuer, store, apis, killSwitches, secrets, watch, policy, clock, log },
    accessTokens: tokens.accessTokens,
    clients: { find: findClient, verifySecret },
    reportLeak: notices.reportLeak,
    observe: notices.observe,
    arePrincipalsActive: (...token) => arePrincipalsActive(...token),
  });
  begun.defer(() => apiKeys.close());

  const arePrincipalsActive = createPrincipalCheck({
    clients: { find: findClient },
    users: { find: findUser },
    isApiKeyUsable: apiKeys.isUsable,
  });
  const keyExchange = createKeyExchange({
    ...{ verification: apiKeys.verification, issuer: tokens.issuer, apis, policy },
  });
  return {
    ...{ apiKeys, notices, keyExchange, arePrincipalsActive },
    start() {
      notices.start();
      webhooks.start();
    },
  };
}

/** Notices go to the audit trail and to webhooks. */
async function createNotices({ config, services, clock, log, metrics, spans, begun }: Start) {
  const { store, secrets, audit } = services;
  const { outbound } = config.declaration;
  const policy = services.keyPolicy;
  const { killSwitches } = await services.switches();
  const webhooks = createWebhooks({
    ...{ outbox: services.webhookOutbox, audit, clock, log },
    deliveries: store.deliveries,
    follow: services.watch.catchUp,
    fetch: createOutboundFetch({ ...outbound, log, spans, timeLimit: serverLimits.webhookMs }),
    count: metrics.countWebhook,
  });
  begun.defer(() => webhooks.close());
  const notices = createKeyNoticesRoom({
    ...{ store, killSwitches, secrets, audit, policy, clock, log },
    fetch: createOutboundFetch({ ...outbound, log, spans }),
    count: metrics.countApiKeyNotice,
  });
  begun.defer(() => notices.close());
  return { notices, webhooks };
}
