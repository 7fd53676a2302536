/**
 * A client as the admin API shows it: its metadata under the names of RFC 7591, and beside them what only Cardea knows.
 * No secret and no hash of one.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { clientShape, membersInALanguage } from '../../config/schema/client_metadata.ts';
import type { Management } from '../../declaration/room.ts';
import { fingerprintBehind } from '../../digests.ts';
import type { ClientRecord, ClientUses } from '../../storage/clients.ts';
import { managedMembers, managementView } from '../managed.ts';
import { checkedByService, instant, viewOnly } from '../schemas.ts';

/** What a client is shown to have besides its metadata. A write that brings them back changes nothing of them. */
const ownMembers = {
  ...managedMembers,
  enabled: z.boolean(),
  disabled_at: instant.optional(),
  secrets: z
    .array(
      z.object({
        fingerprint: z
          .string()
          .describe('The first eight and last four hex characters of its SHA-256.'),
        created_at: instant,
        expires_at: instant.optional().describe('When it ends, or has ended.'),
        last_used_at: instant
          .optional()
          .describe('To the minute; absent: never, as far as is known.'),
      }),
    )
    .describe(
      'Its secrets, the newest first, with those that ended lately. Never the secrets themselves.',
    ),
  last_used_at: instant
    .optional()
    .describe(
      'When it last proved who it is, or got a token; to the minute. Absent: never, as far as is known.',
    ),
  operator_bounds: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('What operators allow a client that registered itself, by member.'),
  created_at: instant,
  updated_at: instant,
};

const viewNames = Object.keys(ownMembers);
const ownNames = new Set([...viewNames, 'client_id']);

const { client_id: clientId, client_secret: _secret, ...metadata } = clientShape;

/** RFC 7591 metadata, as the declarative file takes it. The services check it. */
const metadataMembers = z.object(metadata).partial();

export const clientSchema = z
  .looseObject({ client_id: clientId, ...metadataMembers.shape, ...ownMembers })
  .meta({ id: 'Client' });

export const clientWithSecretSchema = clientSchema
  .extend({
    client_secret: z.string().optional().describe('Shown this once. Absent for public clients.'),
  })
  .meta({ id: 'ClientWithSecret' });

/** What a client is created or replaced from. */
export const clientInput = checkedByService(
  z
    .strictObject({
      client_id: clientId.optional(),
      ...metadataMembers.shape,
      ...viewOnly(viewNames),
    })
    .meta({ patternProperties: membersInALanguage }),
  'ClientInput',
);

/** A merge patch (RFC 7396): null removes a member. */
export const clientPatch = checkedByService(
  z
    .strictObject({
      ...Object.fromEntries(
        Object.entries(metadataMembers.shape).map(([name, schema]) => [name, schema.nullable()]),
      ),
      ...viewOnly([...viewNames, 'client_id']),
    })
    .meta({ patternProperties: membersInALanguage }),
  'ClientPatch',
);

/** The metadata in what was sent: without the members that only the view has. */
export function metadataIn(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !ownNames.has(name)));
}

/** `uses`: absent where it was never used. */
export function clientView(
  record: ClientRecord,
  { management, uses }: { management: Management; uses: ClientUses | undefined },
) {
  const { metadata, bounds, disabledAt } = record;
  return {
    client_id: record.clientId,
    ...Object.fromEntries(Object.entries(metadata).filter(([name]) => !ownNames.has(name))),
    ...managementView(management),
    enabled: disabledAt === undefined,
    ...(disabledAt !== undefined && { disabled_at: iso(disabledAt) ?? '' }),
    secrets: record.secretHashes.map(({ hash, createdAt, expiresAt }) => ({
      fingerprint: fingerprintBehind(hash),
      created_at: iso(createdAt) ?? '',
      ...(expiresAt !== undefined && { expires_at: iso(expiresAt) ?? '' }),
      ...lastUse(uses?.secrets[hash]),
    })),
    ...lastUse(uses?.lastUsedAt),
    ...(bounds && { operator_bounds: bounds }),
    created_at: iso(record.createdAt) ?? '',
    updated_at: iso(record.updatedAt) ?? '',
  };
}

function lastUse(at: number | undefined) {
  return at === undefined ? {} : { last_used_at: iso(at) ?? '' };
}
