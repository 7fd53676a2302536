/**
 * The services that own records: clients, users and operators, projects and API keys, and what imports them.
 */
import type { ApiKeys } from '../api_keys/room.ts';
import type { Apis } from '../apis/room.ts';
import type { Authentication, LostFactors } from '../authentication/room.ts';
import type { Clients, EngineCheck } from '../clients/room.ts';
import type { DeclaredLookup, YamlViews } from '../declaration/room.ts';
import { setupLinkPath, signUpLinkPath } from '../definitions/built_in.ts';
import { serverLimits } from '../definitions/limits.ts';
import type { Imports } from '../imports/room.ts';
import type { Invitations } from '../invitations/room.ts';
import type { FirstOwner, Operators } from '../operators/room.ts';
import type { Projects } from '../projects/room.ts';
import type { Tiers } from '../tiers/room.ts';
import type { Groups, Passwords, Users } from '../users/room.ts';
import type { WebhookEndpoints } from '../webhooks/room.ts';
import { createMayInvite } from './invitations.ts';
import { createTellOfNewEmail, createTellOfOperators } from './mail/account_notices.ts';
import type { MailServices } from './mail/mail_services.ts';
import { memoized } from './memoized.ts';
import type { Basis } from './services.ts';
import type { TokenServices } from './token_services.ts';

export type RecordServices = {
  /** APIs that are made while the server runs; `apis` is their lookup. */
  apiRecords(): Promise<Apis>;
  clients(): Promise<Clients>;
  users(): Promise<Users>;
  /** What people prove besides passwords. */
  authentication(): Promise<Authentication>;
  /** What operators do for people who have lost them. */
  lostFactors(): Promise<LostFactors>;
  /** Undefined where people do not register themselves. */
  invitations(): Promise<Invitations | undefined>;
  groups(): Promise<Groups>;
  passwords(): Promise<Passwords>;
  projects(): Promise<Projects>;
  apiKeys(): Promise<ApiKeys>;
  /** Named limits of API keys. */
  tiers(): Promise<Tiers>;
  /** The endpoints that webhooks are sent to. */
  webhooks(): Promise<WebhookEndpoints>;
  imports(): Promise<Imports>;
  operators(): Promise<Operators>;
  firstOwner(): Promise<FirstOwner>;
  /** Which users, clients and APIs the declarative file declares. Reads the store on every call. */
  declared(): Promise<DeclaredLookup>;
  /** Records as the declarative file would declare them. */
  yaml(): Promise<YamlViews>;
};

export function createRecordServices(
  {
    config,
    store,
    secrets,
    places,
    keyPolicy,
    apis,
    scopes,
    watch,
    announce,
    audit,
    clock,
    log,
    step,
    closing,
  }: Basis,
  {
    switches,
    oneTimeLinks,
    mail,
    engineCheck,
  }: Pick<TokenServices, 'switches'> &
    Pick<MailServices, 'oneTimeLinks' | 'mail'> & { engineCheck: EngineCheck | undefined },
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
      ...{ declaration, apis: apis.declarations },
      engine: engineCheck ?? (async (client) => (await standaloneCheck()).problemOf(client)),
    });
    return createClients({
      ...{ store: store.clients, killSwitches, clock, audit, announce, validate },
    });
  });

  const apiRecords = memoized(async () => {
    const { createApis } = await import('../apis/room.ts');
    const { killSwitches } = await switches();
    return createApis({
      ...{ store: store.apis, documents: store.documents, declaration, killSwitches, announce },
      requireNotManaged: (identifier) => places.requireNotManaged('api', identifier),
      clientExists: async (id) => (await store.clients.find(id)) !== undefined,
      projectExists: async (id) => (await store.projects.find(id)) !== undefined,
      ...{ refresh: watch.catchUp, audit, clock },
    });
  });

  const passwords = memoized(async () => {
    const { createPasswords, openBreachedPasswords, withSteps } = await import('../users/room.ts');
    const { breached_passwords: path } = declaration.sign_in;
    const breached = path === undefined ? undefined : await openBreachedPasswords(path);
    const made = createPasswords({ log, ...(breached && { breached }) });
    closing.defer(() => made.close());
    return withSteps(made, step);
  });

  const operators = memoized(async () => {
    const { createOperators } = await import('../operators/room.ts');
    const { documents, users, projects } = store;
    return createOperators({ documents, users, projects, announce, audit, clock });
  });

  const authentication = memoized(async () => {
    const { createAuthentication } = await import('../authentication/room.ts');
    return createAuthentication({
      ...{ store, secrets, audit, clock },
      trustedBrowserLifetime: declaration.sign_in.trusted_browsers,
    });
  });

  const lostFactors = memoized(async () => {
    const { createLostFactors } = await import('../authentication/room.ts');
    const { authenticators, totps, recoveryCodes } = await authentication();
    const { killSwitches } = await switches();
    return createLostFactors({
      ...{ authenticators, totps, recoveryCodes, killSwitches, audit, clock },
      links: oneTimeLinks,
      urlOf: declaration.account.enabled ? setupLinkUrl(config.issuer) : undefined,
      tell: createTellOfOperators({ mail, config, clock, log }),
    });
  });

  const users = memoized(async () => {
    const { createUsers } = await import('../users/room.ts');
    const { createPasswordMin } = await import('../authentication/room.ts');
    const { killSwitches } = await switches();
    return createUsers({
      ...{ store: store.users, passwords: await passwords(), scopes, killSwitches, clock, audit },
      userEnds: async (id, by) => (await operators()).userEnds(id, by),
      userGone: async (id) => (await authentication()).authenticators.removeAll(id),
      emailSet: createTellOfNewEmail({ mail, config, clock, log }),
      passwordMin: createPasswordMin({
        policy: declaration.sign_in,
        authenticatorsOf: async (id) => (await authentication()).authenticators.find(id),
        isOwner: async (id) => (await (await operators()).find(id))?.role === 'owner',
      }),
      siteWords: [declaration.pages.name, new URL(config.issuer).hostname],
    });
  });

  const firstOwner = memoized(async () => {
    const { createFirstOwner } = await import('../operators/room.ts');
    return createFirstOwner({
      ...{ documents: store.documents, store, clock },
      ...{ users: await users(), operators: await operators() },
    });
  });

  const invitations = memoized(async () => {
    if (!mail || declaration.registration.mode === 'off') return undefined;
    const { createInvitations, createRegistrableAddresses } = await import(
      '../invitations/room.ts'
    );
    return createInvitations({
      ...{ links: oneTimeLinks, users: await users(), mail, audit },
      addressFor: createRegistrableAddresses(declaration.registration.domains).addressFor,
      mayInvite: createMayInvite({ store, operators, clock }),
      urlOf: signUpUrl(config.issuer),
      defaultLocale: declaration.pages.default_locale,
    });
  });

  const groups = memoized(async () => {
    const { createGroups } = await import('../users/room.ts');
    return createGroups({ groups: store.groups, users: store.users, audit, clock });
  });

  /** Dependencies that projects and API keys share. */
  const shared = async () => {
    const { createKeyChanges } = await import('../api_keys/room.ts');
    const { killSwitches } = await switches();
    const { apiKeys: keys, projects, users } = store;
    const policy = keyPolicy;
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

  const webhooks = memoized(async () => {
    const { createSend, createWebhookEndpoints } = await import('../webhooks/room.ts');
    const { createOutboundFetch } = await import('../net/outbound.ts');
    const { outbound, webhooks: declarations } = declaration;
    const fetch = createOutboundFetch({ ...outbound, log, timeLimit: serverLimits.webhookMs });
    return createWebhookEndpoints({
      ...{ declarations, places, documents: store.documents, deliveries: store.deliveries },
      ...{ secrets, send: createSend({ fetch, clock }), announce, refresh: watch.catchUp },
      ...{ audit, clock },
    });
  });

  const tiers = memoized(async () => {
    const { createTiers } = await import('../tiers/room.ts');
    return createTiers({
      ...{ declared: declaration.api_keys, places, documents: store.documents, announce },
      ...{ refresh: watch.catchUp, audit, clock },
    });
  });

  const imports = memoized(async () => {
    const { createImports } = await import('../imports/room.ts');
    const { imported: ofUsers } = await users();
    const { imported: ofClients } = await clients();
    return createImports({
      users: ofUsers,
      clients: ofClients,
      scene: { apis: apis.declarations() },
    });
  });

  const declared = async () => {
    const { readDeclaredLookup } = await import('../declaration/room.ts');
    return readDeclaredLookup({ places, documents: store.documents });
  };

  const yaml = memoized(async () => {
    const { createYamlViews } = await import('../declaration/room.ts');
    return createYamlViews({ declaration, apis, findClient: store.clients.find });
  });

  return {
    yaml,
    apiRecords,
    clients,
    authentication,
    lostFactors,
    users,
    invitations,
    groups,
    operators,
    firstOwner,
    passwords,
    projects,
    apiKeys,
    tiers,
    webhooks,
    imports,
    declared,
  };
}

/** The secret stands behind the `#`, which is not sent with the address. */
function setupLinkUrl(issuer: string) {
  return (token: string) => `${issuer.replace(/\/$/, '')}${setupLinkPath}#${token}`;
}

/** In the query, as of all links in mails: the page is there without a script. */
function signUpUrl(issuer: string) {
  return (token: string) =>
    `${issuer.replace(/\/$/, '')}${signUpLinkPath}?${new URLSearchParams({ token })}`;
}
