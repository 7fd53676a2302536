/**
 * What an artifact selector asks for, as both engines' column names.
 */
import type { ArtifactSelector } from './artifacts.ts';

const columns = {
  grantId: 'grant_id',
  familyId: 'family_id',
  accountId: 'account_id',
  clientId: 'client_id',
  sessionUid: 'session_uid',
  kind: 'kind',
} as const;

const links = ['grantId', 'familyId', 'accountId', 'clientId'];

/**
 * The columns and the values that they must have, for example `{ grant_id: 'x', kind: 'AccessToken' }`.
 * Throws a TypeError when no link is given: what would select by nothing selects everything.
 */
export function selectorColumns(selector: ArtifactSelector): Record<string, string> {
  const given = Object.entries(selector).filter(([, value]) => value !== undefined);
  if (!given.some(([name]) => links.includes(name))) throw new TypeError('A selector needs a link');
  return Object.fromEntries(
    given.map(([name, value]) => {
      if (!Object.hasOwn(columns, name) || typeof value !== 'string') {
        throw new TypeError(`A selector cannot have this ${name}`);
      }
      return [columns[name as keyof typeof columns], value];
    }),
  );
}
