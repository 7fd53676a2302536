/**
 * A user as the admin API shows it. Of the password, whether there is one.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import type { Management } from '../../declaration/room.ts';
import { maxLength, passwordLength } from '../../definitions/lengths.ts';
import { subjectPattern } from '../../definitions/names.ts';

import type { UserRecord } from '../../storage/users.ts';
import { managedMembers, managementView } from '../managed.ts';
import { instant, viewOnly } from '../schemas.ts';

const names = z.array(z.string().min(1).max(maxLength.membership)).max(1000);

/** What operators may say of a user. The users room checks the names and the claims. */
const content = {
  username: z.string().min(1).max(maxLength.username),
  email: z.string().min(3).max(maxLength.email).nullable(),
  email_verified: z.boolean(),
  claims: z
    .record(z.string(), z.unknown())
    .describe('OpenID Connect Core section 5.1, and others.'),
  groups: names,
  roles: names.describe('For apps, in the claim `roles`. What operators may do is not among them.'),
};

export const userSchema = z
  .object({
    id: z.string().describe('The subject. Never changes.'),
    ...content,
    has_password: z.boolean(),
    ...managedMembers,
    enabled: z.boolean(),
    disabled_at: instant.optional(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'User' });

export const newPassword = z
  .string()
  .min(passwordLength.min)
  .max(passwordLength.max)
  .describe(
    `Kept only as a hash. At least ${passwordLength.alone} characters; ${passwordLength.min} beside a second factor, which is not enough for an owner.`,
  );

export const userInput = z
  .strictObject({
    ...content,
    email: content.email.default(null),
    email_verified: content.email_verified.default(false),
    claims: content.claims.default({}),
    groups: names.default([]),
    roles: names.default([]),
    password: newPassword.optional(),
    subject: z
      .string()
      .regex(subjectPattern, `must be 1 to ${maxLength.subject} visible ASCII characters`)
      .optional()
      .describe('Default: a random one.'),
  })
  .meta({ id: 'UserInput' });

/** What a view has besides what a write takes. */
const ownMembers = [
  ...['id', 'has_password', ...Object.keys(managedMembers)],
  ...['enabled', 'disabled_at', 'created_at', 'updated_at'],
];

export const userReplacement = z
  .strictObject({
    ...userInput.shape,
    ...viewOnly(ownMembers),
  })
  .omit({ password: true, subject: true })
  .meta({ id: 'UserReplacement' });

export const userPatch = z
  .strictObject({ ...content, claims: z.record(z.string(), z.unknown()).nullable() })
  .partial()
  .meta({ id: 'UserPatch', description: 'A merge patch (RFC 7396).' });

/** The members of a user that a replacement says. */
export function contentOf({ username, email, emailVerified, claims, groups, roles }: UserRecord) {
  return {
    ...{ username, email: email ?? null, email_verified: emailVerified },
    ...{ claims, groups: groups ?? [], roles },
  };
}

export function userView(record: UserRecord, management: Management): z.input<typeof userSchema> {
  const { id, passwordHash, disabledAt, createdAt, updatedAt } = record;
  return {
    ...{ id, ...contentOf(record), has_password: passwordHash !== undefined },
    ...{ ...managementView(management), enabled: disabledAt === undefined },
    ...(disabledAt !== undefined && { disabled_at: iso(disabledAt) }),
    created_at: iso(createdAt) ?? '',
    updated_at: iso(updatedAt) ?? '',
  };
}
