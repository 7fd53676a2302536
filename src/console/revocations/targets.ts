/**
 * What can be revoked, and what that means for people and programs.
 */
import type { z } from 'zod';
import { type createRevocation, getUser } from '../../admin/room.ts';
import { invalidField } from '../../input_check.ts';
import { linkTo } from '../links.ts';
import type { ConsoleRequest, Place } from '../page.ts';
import { exactTime } from '../parts/exact_time.ts';
import type { Fact } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';

type Target = z.input<(typeof createRevocation)['body']>['target'];

/** `name`: as it is shown and has to be typed. */
export type NamedTarget = { target: Target; kind: RevocationKind; name: string };

export type RevocationKind = {
  value: 'user' | 'client' | 'grant' | 'api' | 'api_key' | 'project' | 'everything';
  label: string;
  /** What stops working. */
  ends: readonly string[];
};

export const revocationKinds: readonly RevocationKind[] = [
  {
    ...{ value: 'user', label: 'User' },
    ends: [
      'All sessions, grants and tokens of this person end, in every app.',
      'The person can sign in again at once. To prevent that, disable the user instead.',
    ],
  },
  {
    ...{ value: 'client', label: 'Client' },
    ends: [
      'All grants and tokens of this client end.',
      'Its secrets stay: it can get new tokens at once. To prevent that, disable the client instead.',
    ],
  },
  {
    ...{ value: 'grant', label: 'Grant' },
    ends: ['The consent of one person to one client ends, and all tokens based on it.'],
  },
  {
    ...{ value: 'api', label: 'API' },
    ends: ['All access tokens for this API end. Its API keys stay.'],
  },
  {
    ...{ value: 'api_key', label: 'API key' },
    ends: ['The API key stops working for good, and so do the tokens it was exchanged for.'],
  },
  {
    ...{ value: 'project', label: 'Project' },
    ends: ['All API keys of this project stop working for good, and the tokens from them.'],
  },
  {
    ...{ value: 'everything', label: 'Everything' },
    ends: [
      'All tokens and sessions of everybody end, yours too: every person signs in again.',
      'API keys stay.',
    ],
  },
];

/**
 * What the address names (`kind`, `name`, `before`, `api_keys`). Throws InvalidFieldsError, or CardeaError `not_found` for
 * a user that does not exist.
 */
export async function targetIn(request: ConsoleRequest): Promise<NamedTarget> {
  const { query } = request;
  const kind = revocationKinds.find(({ value }) => value === query.get('kind'));
  if (!kind) throw invalidField(['kind'], 'must be chosen');
  const before = query.get('before')?.trim();
  if (kind.value === 'everything') {
    if (before && Number.isNaN(Date.parse(before))) {
      throw invalidField(['before'], 'must be an instant such as 2026-11-30T09:00:00Z');
    }
    const target = { everything: true as const, ...(before && { before }) };
    return { target, kind, name: 'everything' };
  }
  const name = query.get('name')?.trim();
  if (!name) throw invalidField(['name'], 'must say what to revoke');
  if (kind.value === 'user') {
    // By id, username or email address.
    const { body } = await request.call(getUser, { params: { user_id: name } });
    const { id: user, username } = body;
    const withKeys = query.has('api_keys');
    return { target: { user, ...(withKeys && { api_keys: true }) }, kind, name: username };
  }
  return { target: { [kind.value]: name } as Target, kind, name };
}

/** What else is revoked by operations of their own. */
const otherLabels: Record<string, string> = { session: 'Session', signing_key: 'Signing key' };

/** What a revocation names, from the result of its operation. */
export function targetFacts(
  { api_keys: withKeys, before, ...target }: Record<string, unknown>,
  places: readonly Place[],
): readonly Fact[] {
  return [
    ...Object.entries(target).map(([kind, id]): Fact => {
      const label = revocationKinds.find(({ value }) => value === kind)?.label ?? otherLabels[kind];
      if (kind === 'everything') return { label: 'What', value: show.text(label) };
      const name = String(id);
      return { label: label ?? kind, value: linkTo(kind, name, places) ?? show.code(name) };
    }),
    ...(withKeys ? [{ label: 'API keys', value: show.text('All of this person, too') }] : []),
    ...(before ? [{ label: 'Issued before', value: show.text(exactTime(String(before))) }] : []),
  ];
}
