/**
 * An API key in words: whose it is, what it may do, and how much it is used.
 */
import type { z } from 'zod';
import {
  type Dependents,
  type getApiKey,
  getApiKeyDependents,
  listUsage,
} from '../../admin/room.ts';
import { dayMs } from '../../definitions/units.ts';
import { linkedApi } from '../apis/linked_api.ts';
import type { ConsoleRequest } from '../page.ts';
import { endingText } from '../parts/counts.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { show, type Value } from '../parts/values.ts';
import { projectPath } from '../projects/paths.ts';
import { userPath } from '../users/paths.ts';
import { apiKeyPath } from './paths.ts';

export type ApiKey = z.input<(typeof getApiKey)['result']>;
type Usage = z.input<(typeof listUsage)['result']>['items'];

const days = 30;

const states: Record<ApiKey['state'], Value> = {
  active: show.status('Active', 'good'),
  disabled: show.status('Disabled', 'bad'),
  expired: show.status('Expired', 'quiet'),
  revoked: show.status('Revoked', 'quiet'),
};

const disablers: Record<NonNullable<ApiKey['disabled_by']>, string> = {
  key: 'The key itself was disabled. Enable it here.',
  project: 'Its project is disabled or deleted: none of its keys works.',
  user: 'The user who owns it is disabled or deleted: none of their keys works.',
  api: 'Its API is not declared here any more.',
};

export function stateOf({ state }: ApiKey): Value {
  return states[state];
}

export function hasEnded({ state }: ApiKey): boolean {
  return state === 'expired' || state === 'revoked';
}

export function noticeOf({ disabled_by: disabler }: ApiKey): string | undefined {
  return disabler && disablers[disabler];
}

export function ownerOf({ project_id: project, user_id: user }: ApiKey): Value {
  if (project !== undefined) return show.link(project, projectPath(project));
  return user === undefined ? show.nothing : show.link(user, userPath(user));
}

export function factsOf(key: ApiKey, request: Pick<ConsoleRequest, 'may'>): readonly Fact[] {
  return [
    { label: 'Key', value: show.code(key.display) },
    { label: 'ID', value: show.code(key.id, { copy: true }) },
    { label: 'API', value: linkedApi(key.api, request) },
    { label: key.project_id ? 'Project' : 'User', value: ownerOf(key) },
    { label: 'Environment', value: show.text(key.environment === 'live' ? 'Live' : 'Test') },
    {
      label: 'Last used',
      value: key.last_used_at
        ? show.time(key.last_used_at)
        : show.text('Never, as far as is known', { muted: true }),
    },
    { label: 'Expires', value: key.expires_at ? show.time(key.expires_at) : show.text('Never') },
    { label: 'Created', value: [show.time(key.created_at), show.code(key.created_by)] },
    ...(key.disabled_at ? [{ label: 'Disabled', value: show.time(key.disabled_at) }] : []),
    ...(key.revoked_at ? [{ label: 'Revoked', value: show.time(key.revoked_at) }] : []),
    ...(key.replaced_by
      ? [{ label: 'Replaced by', value: show.link(key.replaced_by, apiKeyPath(key.replaced_by)) }]
      : []),
  ];
}

export async function sectionsOf(
  key: ApiKey,
  request: ConsoleRequest,
): Promise<readonly ObjectSection[]> {
  const { requests_per_minute: perMinute, requests_per_month: perMonth } = key.limits ?? {};
  const metadata = Object.entries(key.metadata);
  const usage = request.may(listUsage) ? await usageOf(key, request) : undefined;
  return [
    {
      title: 'What it may do',
      facts: [
        { label: 'Scopes', value: show.tags(key.scopes) },
        { label: 'Tier', value: key.tier ? show.code(key.tier) : show.text('As its owner has it') },
        ...(perMinute ? [{ label: 'Requests a minute', value: show.text(perMinute) }] : []),
        ...(perMonth ? [{ label: 'Requests a month', value: show.text(perMonth) }] : []),
        {
          label: 'Networks',
          value:
            key.allow_ips.length > 0
              ? key.allow_ips.map((network) => show.code(network))
              : show.text('From anywhere'),
        },
        ...metadata.map(([label, text]) => ({ label, value: show.text(text) })),
      ],
    },
    ...(usage ? [usageSection(usage)] : []),
    ...(hasEnded(key)
      ? []
      : [
          {
            title: 'If it went',
            facts: [
              {
                label: 'What breaks',
                value: [
                  ...(usage ? [usersFail(usage)] : []),
                  tokensEnd(await dependentsOf(key, request)),
                ].map((text) => show.text(text)),
              },
            ],
          },
        ]),
  ];
}

/** What ends where the key is disabled or revoked, as of now. */
export async function dependentsOf(
  { id }: Pick<ApiKey, 'id'>,
  { call }: Pick<ConsoleRequest, 'call'>,
): Promise<Dependents> {
  return (await call(getApiKeyDependents, { params: { key_id: id } })).body;
}

export function tokensEnd(dependents: Dependents): string {
  const ending = endingText(dependents);
  return ending
    ? `What it was exchanged for ends: ${ending}. Here at once, at verifiers that follow the status lists within seconds.`
    : 'No JWT access token that it was exchanged for is alive at this moment.';
}

/** Of the last 30 days, in UTC. */
export async function usageOf(
  { id }: Pick<ApiKey, 'id'>,
  { call, now }: Pick<ConsoleRequest, 'call' | 'now'>,
): Promise<Usage> {
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
  const query = { key_id: id, from: dayOf(now - (days - 1) * dayMs), to: dayOf(now) };
  return (await call(listUsage, { query })).body.items;
}

/** Who notices where the key is disabled or revoked. */
export function usersFail(usage: Usage): string {
  return sumOf(usage, 'allowed') === 0
    ? `Nobody has used it in the last ${days} days.`
    : `It had ${usageText(usage)}: whoever sent them fails.`;
}

/** `1,204 requests in the last 30 days`. */
function usageText(usage: Usage): string {
  return `${sumOf(usage, 'allowed').toLocaleString('en')} allowed requests in the last ${days} days`;
}

function usageSection(usage: Usage): ObjectSection {
  return {
    title: `Usage of ${days} days`,
    text: `${usageText(usage)}, ${sumOf(usage, 'limited').toLocaleString('en')} over a limit, ${sumOf(usage, 'denied').toLocaleString('en')} denied.`,
    empty: 'No API has asked about it. What was used just now is counted within a minute.',
    table: {
      columns: ['Day (UTC)', 'Allowed', 'Limited', 'Denied'],
      rows: usage
        .toReversed()
        .map(({ day, allowed, limited, denied }) => [
          show.text(day),
          ...[allowed, limited, denied].map((count) => show.text(count.toLocaleString('en'))),
        ]),
    },
  };
}

function sumOf(usage: Usage, member: 'allowed' | 'limited' | 'denied'): number {
  return usage.reduce((sum, row) => sum + row[member], 0);
}
