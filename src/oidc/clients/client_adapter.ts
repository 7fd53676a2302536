/**
 * The library's view of the clients room. A disabled client is unknown to every endpoint. Writing happens
 * only through dynamic registration (RFC 7591, RFC 7592).
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { createLruCache } from '../../caching/lru_cache.ts';
import type { MarkerWatch } from '../../caching/marker_watch.ts';
import type { ClientDocument, FindClient, RegisteredClient } from '../../clients/room.ts';
import type { Clock } from '../../clock.ts';
import { requestState } from '../../http/request_state.ts';
import type { RegistrationLimits } from '../../rate_limits/room.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { ClientRecord } from '../../storage/clients.ts';
import { currentContext, currentRoute } from '../engine/request_slots.ts';
import { clientAsOf, setClientAsOf } from './client_as_of.ts';
import { hashesBehind, toLibraryMetadata } from './client_metadata.ts';
import type { DocumentClients } from './documents/document_clients.ts';
import { usedInitialAccessToken } from './initial_access_tokens.ts';
import type { OutboundReach } from './outbound_reach.ts';
import type { SourcePolicies } from './source_limits.ts';

/** What this room needs of the clients room. */
export type ClientRegistry = {
  find: FindClient;
  /** What the store has at this moment, new records included that nobody has been told of. */
  findStored(clientId: string): Promise<ClientRecord | undefined>;
  /** A client that registers itself; `openUntil`: without an initial access token, and goes by then if it is not used. */
  addRegistered(
    client: RegisteredClient & { openUntil?: number | undefined },
    request: FromRequest,
  ): Promise<void>;
  /** Throws where there is no such client any more. */
  updateRegistered(client: RegisteredClient, request: FromRequest): Promise<void>;
  /** Ends its tokens as well. Throws where it is no client that registered itself. */
  removeRegistered(clientId: string, request: FromRequest): Promise<void>;
  /** What a metadata document says at the moment. */
  putDocument(document: ClientDocument): Promise<ClientRecord>;
  /** Somebody grants the client something: it stays. Throws where it is gone already. */
  keepUsed(clientId: string): Promise<void>;
};

type ClientAdapter = Adapter & { find(clientId: string): Promise<AdapterPayload | undefined> };

/** How many clients a process keeps ready; those that are used stay. */
const keptClients = 1000;

export function createClientAdapter({
  clients,
  catchUp,
  registrations,
  reach,
  documents,
  policies,
  scopes,
  clock,
}: {
  clients: ClientRegistry;
  catchUp: MarkerWatch['catchUp'];
  registrations: RegistrationLimits;
  reach: Pick<OutboundReach, 'note'>;
  documents: DocumentClients;
  policies: SourcePolicies;
  scopes: Pick<PersonScopes, 'names'>;
  clock: Clock;
}): ClientAdapter {
  const kept = createLruCache<{ version: number; updatedAt: number; metadata: AdapterPayload }>(
    keptClients,
  );

  /** The same object for as long as the record is unchanged, so that what is built from it can be kept. */
  const metadataOf = (record: ClientRecord): AdapterPayload => {
    const { clientId, version, updatedAt } = record;
    const known = kept.get(clientId);
    if (known?.version === version && known.updatedAt === updatedAt) return known.metadata;
    const metadata = toLibraryMetadata(record, scopes, policies) as AdapterPayload;
    reach.note(metadata, record.source);
    kept.set(clientId, { version, updatedAt, metadata });
    return metadata;
  };
  const keepUnusedMs = policies.dynamic_registration.keep_unused * 1000;
  const unused = async (): Promise<undefined> => undefined;
  return {
    async find(clientId) {
      // What the client is issued is ended by all that comes after it was seen to be enabled.
      const known = clientAsOf();
      const asOf = known ?? (await catchUp());
      if (known === undefined) setClientAsOf(asOf);
      const record = await documents.current(clientId, await clients.find(clientId, asOf));
      if (!record || record.disabledAt !== undefined) return undefined;
      return metadataOf(record);
    },

    async upsert(clientId, payload) {
      const { client_secret, client_id, allowed_scope, bounds, source, ...metadata } =
        payload as Record<string, unknown>;
      const secret = client_secret as string | undefined;
      const isNew = currentRoute() === 'registration';
      const initialAccessToken = usedInitialAccessToken();
      if (!isNew) await registrations.countChange(clientId);
      else if (initialAccessToken) await registrations.countClient(initialAccessToken);
      else await registrations.countOpen(addressOf(currentContext()));
      const client = {
        clientId,
        metadata: withoutUndefined({ ...metadata, scope: allowed_scope }),
        secret: hashesBehind(secret) ? undefined : secret,
      };
      const request = requestOf(currentContext());
      if (!isNew) await clients.updateRegistered(client, request);
      else {
        const openUntil = initialAccessToken ? undefined : clock.now() + keepUnusedMs;
        await clients.addRegistered({ ...client, ...(openUntil && { openUntil }) }, request);
      }
    },

    async destroy(clientId) {
      await clients.removeRegistered(clientId, requestOf(currentContext()));
    },
    findByUid: unused,
    findByUserCode: unused,
    consume: unused,
    revokeByGrantId: unused,
  };
}

type FromRequest = { ip?: string | undefined; requestId?: string | undefined };

/** For the audit trail. */
function requestOf(ctx: ReturnType<typeof currentContext>): FromRequest {
  if (!ctx) return {};
  const { address, requestId } = requestState(ctx);
  return { ip: address.ip, requestId };
}

function addressOf(ctx: ReturnType<typeof currentContext>): string {
  return ctx ? requestState(ctx).address.ip : 'unknown';
}

function withoutUndefined(metadata: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
}
