/**
 * What a selector asks for, as both engines' column names.
 */
import type { ArtifactSelector, LiveSelector } from './artifacts.ts';
import type { StatusLeaseSelector } from './status_leases.ts';
import type { StatusRangeSelector } from './status_ranges.ts';

const artifactColumns = {
  grantId: 'grant_id',
  familyId: 'family_id',
  accountId: 'account_id',
  clientId: 'client_id',
  sessionUid: 'session_uid',
};

const statusRangeColumns = {
  grantId: 'grant_id',
  familyId: 'family_id',
  session: 'session',
  userId: 'user_id',
  clientId: 'client_id',
  derivedFrom: 'derived_from',
};

const statusLeaseColumns = { api: 'api', clientId: 'client_id' };

const links = ['grantId', 'familyId', 'accountId', 'clientId'];

/**
 * The columns and the values that they must have, for example `{ grant_id: 'x', session_uid: 's' }`.
 * Throws a TypeError when no link is given: what would select by nothing selects everything.
 */
export function selectorColumns(selector: ArtifactSelector): Record<string, string> {
  const given = Object.entries(selector).filter(([, value]) => value !== undefined);
  if (!given.some(([name]) => links.includes(name))) throw new TypeError('A selector needs a link');
  return toColumns(given, artifactColumns);
}

/** The kind, and the one column that names whose they are. Throws a TypeError for anything but a text there. */
export function liveColumns({ kind, ...owner }: LiveSelector): {
  kind: LiveSelector['kind'];
  column: string;
  value: string;
} {
  const [[column, value] = ['', ''], ...others] = Object.entries(selectorColumns(owner));
  if (others.length > 0) throw new TypeError('What is live is listed by one owner');
  return { kind, column, value };
}

/** The same for status ranges. Only `{}` selects all: a TypeError for a name without a value. */
export function rangeColumns(selector: StatusRangeSelector): Record<string, string> {
  return toColumns(Object.entries(selector), statusRangeColumns);
}

/** The same for status leases. */
export function leaseColumns(selector: StatusLeaseSelector): Record<string, string> {
  return toColumns(Object.entries(selector), statusLeaseColumns);
}

function toColumns(
  given: [name: string, value: unknown][],
  columns: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    given.map(([name, value]) => {
      const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
      if (column === undefined || typeof value !== 'string') {
        throw new TypeError(`A selector cannot have this ${name}`);
      }
      return [column, value];
    }),
  );
}
