/**
 * Access tokens of an API that open userinfo, too: a stored one carries both audiences, as a JWT does. The library
 * knows one audience each: at userinfo it takes tokens without one.
 */
import type { AdapterPayload } from 'oidc-provider';
import { currentRoute } from '../engine/request_slots.ts';
import { kinds, type RecordKind } from './kinds.ts';

type Token = { aud?: string | string[] | undefined; scope?: string | undefined };

/** Whether a token that is for an API opens userinfo. */
export function opensBoth(kind: RecordKind, { aud, scope }: Token): boolean {
  if (!kinds[kind].bounds.userinfo || aud === undefined) return false;
  return scope?.split(' ').includes('openid') ?? false;
}

export function withBothAudiences(
  kind: RecordKind,
  payload: AdapterPayload,
  userinfo: string,
): AdapterPayload {
  const { aud = [] } = payload;
  return opensBoth(kind, payload) ? { ...payload, aud: [aud, userinfo].flat() } : payload;
}

/** At userinfo itself: without an audience, and with the claims that were asked of it. */
export function forUserinfo(payload: AdapterPayload, userinfo: string): AdapterPayload {
  if (currentRoute() !== 'userinfo' || ![payload.aud].flat().includes(userinfo)) return payload;
  const { aud: _aud, ...withoutAudience } = payload;
  const names = (payload.extra?.userinfo_claims ?? []) as string[];
  const claims = Object.fromEntries(names.map((name) => [name, null]));
  return { ...withoutAudience, claims: { userinfo: claims } };
}
