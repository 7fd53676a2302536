/**
 * An API in words: what it is, who says so, who may ask for it, and what it did lately.
 */

import type { z } from 'zod';
import type { listClients } from '../../admin/room.ts';
import type { LocalText } from '../../config/schema/local_text.ts';
import { textIn } from '../../pages/texts.ts';
import { kindOf } from '../clients/kinds.ts';
import { clientPath, clientsOf } from '../clients/paths.ts';
import { nameOf as nameOfClient } from '../clients/shown_client.ts';
import { fromLocalText } from '../parts/local_texts.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { type Manager, managers } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { projectPath } from '../projects/paths.ts';

/** As the operations answer it. */
export type Api = {
  identifier: string;
  name: LocalText;
  aliases?: readonly string[];
  scopes: Readonly<Record<string, LocalText>>;
  access_token_format?: 'jwt' | 'opaque';
  /** `10m` */
  access_token_lifetime?: string;
  client_id?: string;
  project?: string;
  claims?: readonly string[];
  user_key_scopes?: readonly string[];
  managed_by: Manager;
  managed_at?: string;
  enabled: boolean;
  disabled_at?: string;
  created_at: string;
  updated_at: string;
};

type Client = z.input<(typeof listClients)['result']>['items'][number];

const mostClients = 10;

export function nameOf({ name }: Pick<Api, 'name'>): string {
  return textIn('en', name);
}

/** Whether operators say what it is. */
export function isEditable({ managed_by: manager }: Api): boolean {
  return manager !== 'file' && manager !== 'built_in';
}

export function noticeOf({ managed_by: manager, managed_at: place }: Api): string | undefined {
  if (manager === 'file') {
    const where = place ? `, at ${place}` : '';
    return `The declarative file declares this API${where}. Each start applies it: change it there. It can be disabled here, and a start does not enable it again.`;
  }
  if (manager === 'nobody') {
    return 'This API was in the declarative file and is no longer. Tokens are still issued for it. Keep it here, or delete it.';
  }
  return undefined;
}

export function factsOf(api: Api): readonly Fact[] {
  const { client_id: client, project, aliases = [], claims = [], disabled_at: disabledAt } = api;
  const format = api.access_token_format === 'opaque' ? 'Opaque' : 'JWT';
  return [
    {
      ...{ label: 'Identifier', value: show.code(api.identifier, { copy: true }) },
      hint: 'What clients ask for as resource, and the aud of its tokens.',
    },
    {
      label: 'Access tokens',
      value: show.text(`${format}, valid for ${api.access_token_lifetime}`),
    },
    {
      label: 'Its client',
      value: client ? show.link(client, clientPath(client)) : show.nothing,
      ...(!client && { hint: 'Without one it can neither introspect tokens nor verify API keys.' }),
    },
    ...(aliases.length > 0
      ? [{ label: 'Aliases', value: aliases.map((alias) => show.code(alias)) }]
      : []),
    ...(claims.length > 0 ? [{ label: 'Claims of people', value: show.tags(claims) }] : []),
    ...(project ? [{ label: 'Project', value: show.link(project, projectPath(project)) }] : []),
    { label: 'Managed by', value: show.text(managers[api.managed_by]) },
    { label: 'Created', value: show.time(api.created_at) },
    { label: 'Changed', value: show.time(api.updated_at) },
    ...(disabledAt ? [{ label: 'Disabled', value: show.time(disabledAt) }] : []),
  ];
}

export function scopesSection({ scopes, user_key_scopes: some }: Api): ObjectSection {
  return {
    title: 'Scopes',
    text: 'What can be done at the API. Clients get no others for it.',
    empty: 'It has none: a token for it says who calls, and not what they may do.',
    table: {
      columns: ['Scope', 'What consent says of it', 'API keys of users'],
      rows: Object.entries(scopes ?? {}).map(([scope, text]) => [
        show.code(scope),
        show.text(fromLocalText(text).filter(Boolean).join(' / ')),
        show.text(some === undefined || some.includes(scope) ? 'May have it' : 'May not have it'),
      ]),
    },
  };
}

/** Those that name it; undefined: the operator may not see them. */
export function clientsSection(
  { identifier, scopes }: Api,
  clients: { items: readonly Client[]; next: string | null },
): ObjectSection {
  const { items, next } = clients;
  const names = Object.keys(scopes ?? {});
  const hasMore = items.length > mostClients || next !== null;
  return {
    title: 'Who may ask for it',
    text: 'Clients that name it, each with the scopes of this API that it may have. What clients get that register themselves is in the declarative file.',
    empty: 'No client names it yet.',
    table: {
      columns: ['Client', 'Client ID', 'Kind', 'Scopes'],
      rows: items.slice(0, mostClients).map((client) => {
        const own = client.scope?.split(' ').filter((scope) => names.includes(scope));
        return [
          show.link(nameOfClient(client), clientPath(client.client_id)),
          show.code(client.client_id),
          show.text(kindOf(client)?.label),
          show.tags(own),
        ];
      }),
    },
    more: hasMore ? { label: 'All clients', href: clientsOf({ api: identifier }) } : undefined,
  };
}
