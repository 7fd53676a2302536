/**
 * An API as the admin API shows it: its members as the declarative file has them, and beside them what only Cardea knows.
 */
import { z } from 'zod';
import { declarationOf } from '../../apis/room.ts';
import { iso } from '../../clock.ts';
import { apiShape } from '../../config/schema/declaration.ts';
import type { Management } from '../../declaration/room.ts';
import { durationText } from '../../definitions/durations.ts';
import type { ApiRecord } from '../../storage/apis.ts';
import { managedMembers, managementView } from '../managed.ts';
import { checkedByService, instant, viewOnly } from '../schemas.ts';

const { identifier, ...members } = apiShape.shape;

/** A write that brings them back changes nothing of them. */
const ownMembers = {
  ...managedMembers,
  enabled: z.boolean(),
  disabled_at: instant.optional(),
  created_at: instant,
  updated_at: instant,
};

const ownNames = Object.keys(ownMembers);

export const apiSchema = checkedByService(
  z.looseObject({ identifier, ...z.object(members).partial().shape, ...ownMembers }),
  'Api',
);

/** What an API is created from. */
export const apiInput = checkedByService(
  z.strictObject({ identifier, ...members, ...viewOnly(ownNames) }),
  'ApiInput',
);

/** What one is replaced by: its identifier is in the path. */
export const apiReplacement = checkedByService(
  z.strictObject({ ...members, identifier: identifier.optional(), ...viewOnly(ownNames) }),
  'ApiReplacement',
);

/** A merge patch (RFC 7396): null goes back to the default, and takes away a scope. */
export const apiPatch = checkedByService(
  z.strictObject({
    ...Object.fromEntries(
      Object.entries(members).map(([name, schema]) => [name, schema.nullable().optional()]),
    ),
    ...viewOnly(ownNames),
  }),
  'ApiPatch',
);

/** The API in what was sent: without the members that only the view has. */
export function apiMembersIn(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !ownNames.includes(name)));
}

/** Its members, by their names in the declarative file; as they are kept where this program cannot read them. */
export function apiMembers(record: ApiRecord): Record<string, unknown> {
  const declaration = declarationOf(record);
  if (!declaration) return { ...record.members, aliases: record.aliases };
  const { identifier: _key, access_token_lifetime, ...others } = declaration;
  return { ...others, access_token_lifetime: durationText(access_token_lifetime) };
}

/** Id of the project that it belongs to. */
export function projectOfApi(record: ApiRecord): string | undefined {
  return declarationOf(record)?.project;
}

export function apiView(record: ApiRecord, management: Management) {
  const { disabledAt, createdAt, updatedAt } = record;
  return {
    ...{ identifier: record.identifier, ...apiMembers(record), ...managementView(management) },
    enabled: disabledAt === undefined,
    ...(disabledAt !== undefined && { disabled_at: iso(disabledAt) ?? '' }),
    ...{ created_at: iso(createdAt) ?? '', updated_at: iso(updatedAt) ?? '' },
  };
}
