/**
 * A user of Auth0 as one of ours: what the export job, support and its import file have, under their different names.
 */
import { z } from 'zod';
import { type ImportItem, present } from '../items.ts';
import { flag, names, readRecord, text } from '../records.ts';

const userSchema = z.looseObject({
  user_id: text,
  _id: z.looseObject({ $oid: z.string() }).nullish(),
  username: text,
  email: text,
  email_verified: flag,
  blocked: flag,
  name: text,
  given_name: text,
  family_name: text,
  nickname: text,
  picture: text,
  locale: text,
  phone_number: text,
  phone_verified: flag,
  passwordHash: text,
  password_hash: text,
  custom_password_hash: z
    .looseObject({ algorithm: z.string(), hash: z.looseObject({ value: z.string() }) })
    .nullish(),
  app_metadata: z
    .looseObject({
      roles: names.catch([]),
      authorization: z.looseObject({ roles: names, groups: names }).nullish().catch(null),
    })
    .nullish(),
  user_metadata: z.unknown().optional(),
  mfa_factors: z.array(z.unknown()).nullish(),
});

type Auth0User = z.output<typeof userSchema>;

/** Those whose value is the encoded hash, salt and all. */
const encodedAlgorithms = ['argon2', 'bcrypt', 'pbkdf2'];

export function auth0User(data: unknown, where: string): ImportItem {
  const read = readRecord(userSchema, data);
  if ('problem' in read) return { kind: 'problem', where, problem: read.problem };
  const user = read.record;
  const { email, app_metadata: metadata, custom_password_hash: custom } = user;
  if (custom && !encodedAlgorithms.includes(custom.algorithm)) {
    const problem = `custom_password_hash has an algorithm that is not known. Known are: ${encodedAlgorithms.join(', ')}.`;
    return { kind: 'problem', where, problem };
  }
  const { roles = [], authorization } = metadata ?? {};
  return {
    kind: 'user',
    where,
    notes: notesOf(user),
    user: {
      data: {
        ...present({
          ...{ subject: subjectOf(user), username: user.username || email, email },
          email_verified: email ? user.email_verified : undefined,
          password_hash: user.password_hash ?? user.passwordHash ?? custom?.hash.value,
        }),
        claims: claimsOf(user),
        roles: [...new Set([...roles, ...(authorization?.roles ?? [])])],
      },
      groups: authorization?.groups ?? [],
      disabled: user.blocked === true,
    },
  };
}

/** As Auth0 puts it into tokens: the id of a database user has the connection's kind in front. */
function subjectOf({ user_id, _id }: Auth0User): string | undefined {
  if (user_id) return user_id.includes('|') ? user_id : `auth0|${user_id}`;
  return _id ? `auth0|${_id.$oid}` : undefined;
}

function claimsOf(user: Auth0User): Record<string, unknown> {
  const { name, given_name, family_name, nickname, picture, locale, phone_number } = user;
  const phone_number_verified = phone_number ? user.phone_verified : undefined;
  return present({
    ...{ name, given_name, family_name, nickname, picture, locale, phone_number },
    phone_number_verified,
  });
}

function notesOf({ user_metadata, mfa_factors }: Auth0User): string[] {
  return [
    ...(user_metadata ? ['user_metadata of users was left out'] : []),
    ...(mfa_factors?.length ? ['second factors of users were left out'] : []),
  ];
}
