/**
 * A client in words: what it is, who says so, and what it may do.
 */
import type { z } from 'zod';
import {
  type AdminCaller,
  type getClient,
  getClientDependents,
  getClientYaml,
  listAuditEvents,
} from '../../admin/room.ts';
import { defaultGrantTypes } from '../../definitions/oauth.ts';
import { mayTouchClient } from '../../operators/room.ts';
import { linkedApi } from '../apis/linked_api.ts';
import type { ConsoleRequest } from '../page.ts';
import { countText, endingText, isSome } from '../parts/counts.ts';
import { eventsSection } from '../parts/events_section.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { managers } from '../parts/states.ts';
import { show, type Value } from '../parts/values.ts';
import { kindOf } from './kinds.ts';
import { secretsSection } from './secrets_section.ts';

export type Client = z.input<(typeof getClient)['result']>;

export function nameOf({ client_name: name, client_id: id }: Client): string {
  return name ?? id;
}

/** Whether operators say what it is. */
export function isEditable({ managed_by: manager }: Client): boolean {
  return manager !== 'built_in' && manager !== 'file';
}

/**
 * Whether the person has the rights that the client has: whoever changes it controls it. To disable it, nobody needs
 * them. The rights are all at the admin API, of which the policy needs to know no more than its name.
 */
export function isTouchable(client: Client, caller: AdminCaller): boolean {
  const { client_id: clientId, managed_by: manager, operator_bounds: bounds, ...metadata } = client;
  const source = manager === 'dynamic' || manager === 'document' ? manager : 'operator';
  const side = { clientId, source, metadata, bounds } as const;
  const apis = {
    ...{ canonical: (identifier: string) => identifier, find: () => undefined },
    byClientId: () => [],
  };
  return mayTouchClient(caller, { before: side, after: side }, apis).allowed;
}

export function noticeOf({ managed_by: manager }: Client): string | undefined {
  if (manager === 'built_in') {
    return 'This is the console itself. It is a part of Cardea, and cannot be changed.';
  }
  if (manager === 'file') {
    return 'The declarative file names this client, and each start applies it. Change it there. It can be disabled here: a start does not enable it again.';
  }
  if (manager === 'nobody') {
    return 'This client was in the declarative file and is no longer. It still works. Keep it here, or delete it.';
  }
  return undefined;
}

export function factsOf(client: Client): readonly Fact[] {
  const { client_id: id, disabled_at: disabledAt } = client;
  return [
    { label: 'Client ID', value: show.code(id, { copy: true }) },
    { label: 'Kind', value: show.text(kindOf(client)?.label) },
    { label: 'Managed by', value: show.text(managers[client.managed_by]) },
    { label: 'Created', value: show.time(client.created_at) },
    { label: 'Changed', value: show.time(client.updated_at) },
    { label: 'Last used', value: show.time(client.last_used_at) },
    ...(disabledAt ? [{ label: 'Disabled', value: show.time(disabledAt) }] : []),
  ];
}

export async function sectionsOf(
  client: Client,
  request: ConsoleRequest,
): Promise<readonly ObjectSection[]> {
  const { client_id, apis = [] } = client;
  const { call, may } = request;
  const { body: yaml } = await call(getClientYaml, { params: { client_id } });
  const events = may(listAuditEvents)
    ? await call(listAuditEvents, { query: { client_id, limit: '10' } })
    : undefined;
  const grants = client.grant_types ?? defaultGrantTypes;
  const ending = await breaks(client, request);
  return [
    {
      title: 'What it may do',
      facts: [
        { label: 'Grants', value: show.tags(grants.map(shortGrant)) },
        {
          label: 'APIs',
          value: apis.length > 0 ? apis.map((api) => linkedApi(api, request)) : show.nothing,
        },
        { label: 'Scopes', value: show.tags(client.scope?.split(' ').filter(Boolean)) },
        { label: 'Redirect URIs', value: codes(client.redirect_uris) },
        { label: 'After sign-out', value: codes(client.post_logout_redirect_uris) },
        {
          label: 'Consent',
          value: show.text(client.consent === 'skip' ? 'People are not asked' : 'People are asked'),
        },
      ],
    },
    secretsSection(client, request),
    {
      title: 'If it went',
      facts: [{ label: 'What breaks', value: ending.map((text) => show.text(text)) }],
    },
    ...(events ? [eventsSection(events.body.items)] : []),
    {
      title: 'As YAML',
      text: 'As the declarative file has it. Its secret is not known here: give it by the variable.',
      code: yaml,
    },
  ];
}

/** What stops at once where the client is disabled or deleted, with the numbers of now. */
export async function breaks(
  client: Client,
  { call }: Pick<ConsoleRequest, 'call'>,
): Promise<readonly string[]> {
  const { client_id } = client;
  const { body: dependents } = await call(getClientDependents, { params: { client_id } });
  const grants = client.grant_types ?? defaultGrantTypes;
  const ending = endingText(dependents);
  return [
    ending
      ? `All that it has ends: ${ending}. Here at once, at verifiers that follow the status lists within seconds.`
      : 'All tokens that it has end. At this moment, no grant and no JWT access token of it is alive.',
    ...(grants.includes('authorization_code')
      ? [
          'Nobody can sign in with it, and whoever is signed in there has to sign in anew elsewhere.',
        ]
      : []),
    ...(grants.includes('client_credentials')
      ? ['Jobs and services that use it get no more tokens.']
      : []),
    ...(isSome(dependents.apis)
      ? [
          `It is the client of ${countText(dependents.apis, 'API')}: no token can be introspected and no key verified with it any more.`,
        ]
      : []),
  ];
}

function codes(texts: readonly string[] | undefined): Value | readonly Value[] {
  return texts && texts.length > 0 ? texts.map((text) => show.code(text)) : show.nothing;
}

/** `token-exchange` of `urn:ietf:params:oauth:grant-type:token-exchange`. */
function shortGrant(grant: string): string {
  return grant.slice(grant.lastIndexOf(':') + 1);
}
