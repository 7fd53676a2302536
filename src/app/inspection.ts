/**
 * The inspection of tokens on a store, for the server and the command line alike.
 */
import type { Config } from '../config/config.ts';
import { inspections, serverLimits } from '../definitions/limits.ts';
import {
  createInspection,
  createInspectorPages,
  type Inspection,
  type InspectorPages,
} from '../inspection/room.ts';
import { createDnsLookup } from '../net/dns_lookup.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import { createClientBounds } from '../oidc/room.ts';
import { createNetworkBudget } from '../rate_limits/room.ts';
import type { Pages } from './pages.ts';
import type { Services } from './services.ts';
import type { Start } from './start.ts';
import { openTokenReading } from './token_reading.ts';

export async function openInspection(
  { issuer, declaration }: Pick<Config, 'issuer' | 'declaration'>,
  services: Omit<Services, 'close' | 'config'>,
): Promise<Inspection> {
  const { store, apis, scopes, clock, log } = services;
  const { artifacts, apiKeys, clients } = store;
  const { revocations } = await services.switches();
  const { reader, snapshot, refresh } = await openTokenReading({ issuer }, services);
  const findClient = (clientId: string) => clients.find(clientId);
  const bounds = createClientBounds({ ...{ issuer, scopes, findClient }, policies: declaration });
  const { allow_registered: allow, ...outbound } = declaration.outbound;
  const inspection = createInspection({
    ...{ issuer, apis, findClient, clock },
    keys: {
      snapshot,
      async list() {
        const keyrings = await services.keyrings();
        return (await Promise.all(keyrings.map((keyring) => keyring.list()))).flat();
      },
    },
    tokens: { reader, revocations, bounded: bounds.within(reader) },
    stored: { artifacts, revocations },
    apiKeys: { apiKeys, owners: store },
    foreignFetch: declaration.inspector.fetch_foreign_keys
      ? createOutboundFetch({
          ...{ ...outbound, allow, log },
          lookup: createDnsLookup({ timeLimit: serverLimits.outboundMs }),
        })
      : undefined,
  });
  return {
    async inspect(request) {
      await refresh();
      return inspection.inspect(request);
    },
  };
}

/** The server's pages of it. */
export async function createInspector(
  { config, basePath, services, clock }: Start,
  { renderer }: Pages,
): Promise<InspectorPages> {
  const { issuer, declaration, developmentMode } = config;
  const { store, secrets, apis } = services;
  return createInspectorPages({
    ...{ issuer, basePath, apis, renderer },
    inspection: await openInspection(config, services),
    budget: createNetworkBudget({
      ...{ counters: store.counters, clock, key: secrets.derive('inspections') },
      ...inspections,
      purpose: 'inspections',
      refusal: 'Too many inspections from your network. Try again later.',
    }),
    isPublic: declaration.inspector.public ?? developmentMode,
  });
}
