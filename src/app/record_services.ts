/**
 * The services that own records: clients, users, projects and API keys.
 */
import type { ApiKeys } from '../api_keys/room.ts';
import type { Clients, EngineCheck } from '../clients/room.ts';
import type { DeclaredLookup } from '../declaration/room.ts';
import type { Projects } from '../projects/room.ts';
import type { Passwords, Users } from '../users/room.ts';
import { once } from './once.ts';
import type { Basis } from './services.ts';
import type { TokenServices } from './token_services.ts';

export type RecordServices = {
  clients(): Promise<Clients>;
  users(): Promise<Users>;
  passwords(): Promise<Passwords>;
  projects(): Promise<Projects>;
  apiKeys(): Promise<ApiKeys>;
  /** What the declarative file has to do with users and clients, read anew at each call. */
  declared(): Promise<DeclaredLookup>;
};

export function createRecordServices(
  { config, store, secrets, apis, announce, audit, clock, log, closing }: Basis,
  {
    switches,
    engineCheck,
  }: Pick<TokenServices, 'switches'> & { engineCheck: EngineCheck | undefined },
): RecordServices {
  const { declaration } = config;

  /** A protocol engine that serves nothing: made for the first check, as it costs some 200 ms. */
  const standaloneCheck = once(async () => {
    const { createStandaloneClientCheck } = await import('../oidc/room.ts');
    return createStandaloneClientCheck(declaration);
  });

  const clients = once(async () => {
    const { createClientCheck, createClients } = await import('../clients/room.ts');
    const { killSwitches } = await switches();
    const validate = createClientCheck({
      declaration,
      engine: engineCheck ?? (async (client) => (await standaloneCheck()).problemOf(client)),
    });
    return createClients({
      ...{ store: store.clients, killSwitches, clock, audit, announce, validate },
    });
  });

  const passwords = once(async () => {
    const { createPasswords } = await import('../users/room.ts');
    const made = createPasswords({ log });
    closing.defer(() => made.close());
    return made;
  });

  const users = once(async () => {
    const { createUsers } = await import('../users/room.ts');
    const { killSwitches } = await switches();
    return createUsers({
      ...{ store: store.users, passwords: await passwords(), killSwitches, clock, audit },
    });
  });

  /** What projects and API keys have in common. */
  const shared = async () => {
    const { createKeyChanges } = await import('../api_keys/room.ts');
    const { killSwitches } = await switches();
    const { apiKeys: keys, projects, users } = store;
    const policy = declaration.api_keys;
    const changes = createKeyChanges({ announce });
    return { keys, projects, users, apis, policy, changes, killSwitches, audit, clock };
  };

  const projects = once(async () => {
    const { createProjects } = await import('../projects/room.ts');
    return createProjects(await shared());
  });

  const apiKeys = once(async () => {
    const { createApiKeys, createIdempotentRequests } = await import('../api_keys/room.ts');
    const idempotent = createIdempotentRequests({ artifacts: store.artifacts, secrets, clock });
    return createApiKeys({ ...(await shared()), idempotent });
  });

  const declared = async () => {
    const { readDeclaredLookup } = await import('../declaration/room.ts');
    return readDeclaredLookup({ declaration, documents: store.documents });
  };

  return { clients, users, passwords, projects, apiKeys, declared };
}
