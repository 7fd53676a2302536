/**
 * A user in words: who it is, what they have, and what ends with them.
 */
import type { z } from 'zod';
import { deleteSetupLink, endSession, type getUser, revokeGrant } from '../../admin/room.ts';
import { keysSection } from '../api_keys/keys_section.ts';
import { clientPath } from '../clients/paths.ts';
import { linkWhere } from '../links.ts';
import type { ConsoleRequest } from '../page.ts';
import { eventsSection } from '../parts/events_section.ts';
import { jsonText } from '../parts/fields.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { managers } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { identitiesSection } from './identities.ts';
import { endsNow, type Live, ownedStops } from './live.ts';
import { grantsPath, pageAfter, userPath } from './paths.ts';

export type User = z.input<(typeof getUser)['result']>;

/** Whether operators say what it is. */
export function isEditable({ managed_by: manager }: User): boolean {
  return manager !== 'file';
}

export function noticeOf({ managed_by: manager }: User): string | undefined {
  if (manager === 'file') {
    return 'The declarative file names this user, and each start applies it. Change it there. It can be disabled here: a start does not enable it again.';
  }
  if (manager === 'nobody') {
    return 'This user was in the declarative file and is no longer. They can still sign in. Keep the user here, or delete it.';
  }
  return undefined;
}

export function factsOf(user: User): readonly Fact[] {
  return [
    { label: 'Subject', value: show.code(user.id, { copy: true }) },
    {
      label: 'Email',
      value: user.email
        ? [
            show.code(user.email),
            user.email_verified
              ? show.status('Verified', 'good')
              : show.status('Not verified', 'quiet'),
          ]
        : show.nothing,
    },
    { label: 'Password', value: show.text(user.has_password ? 'Set' : 'None') },
    { label: 'Managed by', value: show.text(managers[user.managed_by]) },
    { label: 'Created', value: show.time(user.created_at) },
    { label: 'Changed', value: show.time(user.updated_at) },
    ...(user.disabled_at ? [{ label: 'Disabled', value: show.time(user.disabled_at) }] : []),
  ];
}

export function sectionsOf(
  user: User,
  live: Live,
  request: Pick<ConsoleRequest, 'may' | 'query' | 'places'>,
): readonly ObjectSection[] {
  const claims = jsonText(user.claims);
  return [
    {
      title: 'What apps learn',
      text: 'Each app only what its scopes release.',
      facts: [
        { label: 'Groups', value: show.tags(user.groups) },
        { label: 'Roles', value: show.tags(user.roles) },
        ...(claims ? [] : [{ label: 'Claims', value: show.nothing }]),
      ],
      ...(claims && { code: claims }),
    },
    secondFactorsSection(live),
    ...(live.identities.length > 0 ? [identitiesSection(user, live.identities, request)] : []),
    ...(live.links.length > 0 ? [setupLinksSection(user, live.links, request)] : []),
    ...(live.sessions ? [sessionsSection(user, live.sessions, request)] : []),
    ...(live.grants ? [grantsSection(user, live.grants, request)] : []),
    ...(live.keys ? [keysSection({ user_id: user.id }, live.keys)] : []),
    {
      title: 'If the user went',
      facts: [
        {
          label: 'What breaks',
          value: [endsNow(live.dependents), ...ownedStops(live.dependents)].map((text) =>
            show.text(text),
          ),
        },
      ],
    },
    ...(live.events ? [eventsSection(live.events.items)] : []),
  ];
}

function secondFactorsSection({ factors }: Live): ObjectSection {
  const devices = (list: typeof factors.passkeys) =>
    list.length === 0 ? show.nothing : list.map(({ name }) => show.text(name || 'Without a name'));
  const hasAny = factors.authenticator_apps.length + factors.passkeys.length > 0;
  return {
    title: 'Second factors',
    text: 'What the person signs in with besides the password. The secrets are shown to nobody.',
    empty: 'The person has none.',
    facts: hasAny
      ? [
          { label: 'Authenticator apps', value: devices(factors.authenticator_apps) },
          { label: 'Passkeys', value: devices(factors.passkeys) },
          { label: 'Recovery codes left', value: show.text(factors.recovery_codes_left) },
          { label: 'Trusted browsers', value: show.text(factors.trusted_browsers) },
        ]
      : [],
  };
}

function setupLinksSection(
  { id: userId }: User,
  links: Live['links'],
  { may }: Pick<ConsoleRequest, 'may'>,
): ObjectSection {
  return {
    title: 'Setup links',
    text: 'Each sets up a new second factor once, for whoever has it and knows the password.',
    table: {
      columns: ['Made', 'Expires', 'Made by', 'Action'],
      rows: links.map(({ id, created_at: at, expires_at: until, created_by: by }) => [
        show.time(at),
        show.time(until),
        show.code(by),
        linkWhere(
          may(deleteSetupLink),
          'Withdraw',
          userPath(userId, `/setup-links/${id}/withdraw`),
        ),
      ]),
    },
  };
}

function sessionsSection(
  { id: userId }: User,
  { items, next }: NonNullable<Live['sessions']>,
  { may, query }: Pick<ConsoleRequest, 'may' | 'query'>,
): ObjectSection {
  return {
    title: 'Sessions',
    text: 'Browsers in which the person is signed in here, the newest first.',
    empty: 'The person is signed in nowhere.',
    table: {
      columns: ['Signed in', 'Expires', 'Apps', 'Action'],
      rows: items.map(({ id, signed_in_at: since, expires_at: until, clients }) => [
        show.time(since),
        show.time(until),
        show.tags(clients),
        linkWhere(may(endSession), 'End', sessionPath(userId, id)),
      ]),
    },
    more: moreOf('sessions', { userId, next, query }),
  };
}

function grantsSection(
  { id: userId }: User,
  { items, next }: NonNullable<Live['grants']>,
  { may, query }: Pick<ConsoleRequest, 'may' | 'query'>,
): ObjectSection {
  return {
    title: 'Grants',
    text: 'What the person has allowed to apps, the newest first.',
    empty: 'The person has allowed nothing to any app.',
    table: {
      columns: ['Client', 'Scopes', 'Expires', 'Action'],
      rows: items.map(({ id, client_id: client, scopes, expires_at: until }) => [
        client === undefined ? show.nothing : show.link(client, clientPath(client)),
        show.tags(scopes),
        show.time(until),
        linkWhere(may(revokeGrant), 'Revoke', grantPath(id)),
      ]),
    },
    more: moreOf('grants', { userId, next, query }),
  };
}

/** The next page of a list, and from the last one back to the first. */
function moreOf(
  list: keyof typeof pageAfter,
  { userId, next, query }: { userId: string; next: string | null; query: URLSearchParams },
): ObjectSection['more'] {
  if (next !== null) {
    const after = new URLSearchParams({ [pageAfter[list]]: next });
    return { label: `Older ${list}`, href: userPath(userId, `?${after}`) };
  }
  return query.has(pageAfter[list])
    ? { label: `Newest ${list}`, href: userPath(userId) }
    : undefined;
}

function sessionPath(userId: string, sessionId: string): string {
  return userPath(userId, `/sessions/${encodeURIComponent(sessionId)}/end`);
}

function grantPath(grantId: string): string {
  return `${grantsPath}/${encodeURIComponent(grantId)}/revoke`;
}
