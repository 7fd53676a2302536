/**
 * Records as the declarative file would declare them, for whoever wants to move one there. Secrets and passwords are no
 * part of it: the file takes them from variables.
 */
import { type ApiRegistry, declarationOf } from '../apis/room.ts';
import { isClientMember } from '../config/schema/client_metadata.ts';
import type { ApiDeclaration, Declaration } from '../config/schema/declaration.ts';
import { adminApi } from '../definitions/admin_scopes.ts';
import { durationText } from '../definitions/durations.ts';
import { needsSecret } from '../definitions/oauth.ts';
import type { SettingsView } from '../settings/room.ts';
import type { ApiRecord } from '../storage/apis.ts';
import type { ClientRecord } from '../storage/clients.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Tier } from '../tiers/room.ts';
import type { WebhookView } from '../webhooks/room.ts';
import { SecretPlaceholder, yamlText } from './yaml_text.ts';

/** What may come along. Absent: everything. */
type Visible = {
  api(api: ApiDeclaration): boolean;
  client(client: ClientRecord): boolean;
};

const everything: Visible = { api: () => true, client: () => true };

/**
 * Each returns YAML that can be merged into the file of this process. What a client or an API names and the file does not
 * declare comes along. Throws StoreUnavailableError.
 */
export type YamlViews = {
  client(record: ClientRecord, visible?: Visible): Promise<string>;
  api(record: ApiRecord, visible?: Visible): Promise<string>;
  user(record: UserRecord): Promise<string>;
  webhook(view: Pick<WebhookView, 'url' | 'events' | 'description'>): Promise<string>;
  tier(tier: Pick<Tier, 'name' | 'limits' | 'isDefault'>): Promise<string>;
  settings(view: SettingsView): Promise<string>;
};

export function createYamlViews({
  declaration,
  apis,
  findClient,
}: {
  declaration: Pick<Declaration, 'apis' | 'clients'>;
  apis: Pick<ApiRegistry, 'declarations'>;
  findClient: (clientId: string) => Promise<ClientRecord | undefined>;
}): YamlViews {
  const declaredApis = new Set([adminApi, ...declaration.apis.map((api) => api.identifier)]);
  const declaredClients = new Set(declaration.clients.map((client) => client.client_id));

  /** With the clients that are APIs and the APIs that clients name, and so on. */
  const withReferences = async (
    firstApis: readonly ApiDeclaration[],
    firstClients: readonly ClientRecord[],
    visible: Visible,
  ): Promise<string> => {
    let isComplete = true;
    const mayCome = (isVisible: boolean) => {
      if (!isVisible) isComplete = false;
      return isVisible;
    };
    const ofApis = new Map(firstApis.map((api) => [api.identifier, api]));
    const ofClients = new Map(firstClients.map((client) => [client.clientId, client]));
    const addApi = async (api: ApiDeclaration): Promise<void> => {
      ofApis.set(api.identifier, api);
      const { client_id: id } = api;
      if (id === undefined || declaredClients.has(id) || ofClients.has(id)) return;
      const client = await findClient(id);
      if (client && mayCome(visible.client(client))) await addClient(client);
    };
    const addClient = async (client: ClientRecord): Promise<void> => {
      ofClients.set(client.clientId, client);
      const named = clientMembers(client).apis as readonly string[] | undefined;
      for (const api of apis.declarations()) {
        const { identifier } = api;
        if (!named?.includes(identifier)) continue;
        if (declaredApis.has(identifier) || ofApis.has(identifier)) continue;
        if (mayCome(visible.api(api))) await addApi(api);
      }
    };
    for (const api of firstApis) await addApi(api);
    for (const client of firstClients) await addClient(client);
    const data = {
      ...(ofApis.size > 0 && { apis: [...ofApis.values()].map(apiMembers) }),
      ...(ofClients.size > 0 && { clients: [...ofClients.values()].map(clientMembers) }),
    };
    const remarks = firstClients.flatMap(remarksOnClient);
    return yamlText(data, isComplete ? remarks : [...remarks, leavesOut]);
  };

  return {
    client: (record, visible = everything) => withReferences([], [record], visible),
    api(record, visible = everything) {
      const api = declarationOf(record);
      return withReferences(api ? [api] : [], [], visible);
    },

    user: ({ id, username, email, emailVerified, claims, groups, roles, disabledAt }) =>
      yamlText(
        {
          users: [
            {
              ...{ username, email, email_verified: emailVerified || undefined },
              ...{ claims: filled(claims), groups: filled(groups), roles: filled(roles) },
              subject: id,
            },
          ],
        },
        [
          'The password is not shown, and stays as it is. To set it here: password or password_hash.',
          ...(disabledAt === undefined ? [] : [staysDisabled]),
        ],
      ),

    webhook: ({ url, events, description }) =>
      yamlText(
        {
          webhooks: [
            { url, secret: new SecretPlaceholder(new URL(url).host, 'webhook_secret'), events },
          ],
        },
        description === undefined ? [] : [description],
      ),

    tier: ({ name, limits, isDefault }) =>
      yamlText({
        api_keys: { tiers: { [name]: limits }, default_tier: isDefault ? name : undefined },
      }),

    settings: ({ pages: { name, accent, documentation, logo } }) =>
      yamlText(
        {
          pages: {
            ...{ name, accent, documentation },
            logo: logo && 'path' in logo ? logo.path : undefined,
          },
        },
        logo && 'media_type' in logo
          ? ['The logo was uploaded. Save it beside this file and name it as pages.logo.']
          : [],
      ),
  };
}

const leavesOut =
  'It names APIs or clients that you may not see, and that must be declared as well.';
const staysDisabled = 'It is disabled. The file cannot say so, and leaves it as it is.';

/** What an operator allows a client that registered itself is what holds. */
function clientMembers({ clientId, metadata, bounds }: ClientRecord): Record<string, unknown> {
  const known = Object.entries({ ...metadata, ...bounds }).filter(([name]) => isClientMember(name));
  const members = Object.fromEntries(known);
  return {
    client_id: clientId,
    ...(needsSecret(members.token_endpoint_auth_method) && {
      client_secret: new SecretPlaceholder(clientId, 'secret'),
    }),
    ...members,
  };
}

function remarksOnClient({ source, disabledAt }: ClientRecord): string[] {
  const describesItself = source === 'open' || source === 'dynamic' || source === 'document';
  return [
    ...(describesItself ? ['It registered itself. Declared here, only this file changes it.'] : []),
    ...(disabledAt === undefined ? [] : [staysDisabled]),
  ];
}

function apiMembers({ aliases, claims, access_token_lifetime, ...api }: ApiDeclaration) {
  return {
    ...api,
    access_token_lifetime: durationText(access_token_lifetime),
    ...{ aliases: filled(aliases), claims: filled(claims) },
  };
}

/** What is empty is the default. */
function filled<T extends object>(value: T | undefined): T | undefined {
  return value && Object.keys(value).length > 0 ? value : undefined;
}
