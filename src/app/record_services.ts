/**
 * The services that own records: clients, users, projects and API keys, and what imports them.
 */
import type { ApiKeys } from '../api_keys/room.ts';
import type { Clients, EngineCheck } from '../clients/room.ts';
import type { DeclaredLookup } from '../declaration/room.ts';
import type { Imports } from '../imports/room.ts';
import type { Projects } from '../projects/room.ts';
import type { Passwords, Users } from '../users/room.ts';
import { memoized } from './memoized.ts';
import type { Basis } from './services.ts';
import type { TokenServices } from './token_services.ts';

export type RecordServices = {
  clients(): Promise<Clients>;
  users(): Promise<Users>;
  passwords(): Promise<Passwords>;
  projects(): Promise<Projects>;
  apiKeys(): Promise<ApiKeys>;
  imports(): Promise<Imports>;
  /** Which users and clients the declarative file declares. Reads the store on every call. */
  declared(): Promise<DeclaredLookup>;
};

export function createRecordServices(
  { config, store, secrets, apis, scopes, announce, audit, clock, log, step, closing }: Basis,
  {
    switches,
    engineCheck,
  }: Pick<TokenServices, 'switches'> & { engineCheck: EngineCheck | undefined },
): RecordServices {
  const { declaration } = config;

  /** A protocol engine without a server. It takes about 200 ms to create, so only the first check creates it. */
  const standaloneCheck = memoized(async () => {
    const { createStandaloneClientCheck } = await import('../oidc/room.ts');
    return createStandaloneClientCheck(declaration);
  });

  const clients = memoized(async () => {
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

  const passwords = memoized(async () => {
    const { createPasswords, withSteps } = await import('../users/room.ts');
    const made = createPasswords({ log });
    closing.defer(() => made.close());
    return withSteps(made, step);
  });

  const users = memoized(async () => {
    const { createUsers } = await import('../users/room.ts');
    const { killSwitches } = await switches();
    return createUsers({
      ...{ store: store.users, passwords: await passwords(), scopes, killSwitches, clock, audit },
    });
  });

  /** Dependencies that projects and API keys share. */
  const shared = async () => {
    const { createKeyChanges } = await import('../api_keys/room.ts');
    const { killSwitches } = await switches();
    const { apiKeys: keys, projects, users } = store;
    const policy = declaration.api_keys;
    const changes = createKeyChanges({ announce });
    return { keys, projects, users, apis, policy, changes, killSwitches, audit, clock };
  };

  const projects = memoized(async () => {
    const { createProjects } = await import('../projects/room.ts');
    return createProjects(await shared());
  });

  const apiKeys = memoized(async () => {
    const { createApiKeys, createIdempotentRequests } = await import('../api_keys/room.ts');
    const idempotent = createIdempotentRequests({ artifacts: store.artifacts, secrets, clock });
    return createApiKeys({ ...(await shared()), idempotent });
  });

  const imports = memoized(async () => {
    const { createImports } = await import('../imports/room.ts');
    const { imported: ofUsers } = await users();
    const { imported: ofClients } = await clients();
    return createImports({ users: ofUsers, clients: ofClients, scene: declaration });
  });

  const declared = async () => {
    const { readDeclaredLookup } = await import('../declaration/room.ts');
    return readDeclaredLookup({ declaration, documents: store.documents });
  };

  return { clients, users, passwords, projects, apiKeys, imports, declared };
}
