/**
 * The shape of `identity_providers`: where else people can sign in, and what becomes of them here.
 */
import { z } from 'zod';
import { claimName, claimsOfTheRecord, protocolClaims } from '../../definitions/claims.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { authenticationLevel, httpUrl, ownClaim } from './values.ts';

/** As it stands in addresses. */
export const identityProviderId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,39}$/,
    'must be 1 to 40 lower-case letters, digits and hyphens, such as google',
  );

/** The name of a claim as the provider has it. */
const theirClaim = z.string().min(1).max(maxLength.claimName);

const membership = z.string().min(1).max(maxLength.membership);

/** The values that a provider's claim stands for here. Only these are given and taken away. */
const memberships = z.strictObject({
  claim: theirClaim.describe('The claim of the provider that has them, as a list or a text.'),
  values: z
    .record(z.string().min(1).max(maxLength.uri), membership)
    .refine((values) => Object.keys(values).length > 0, { message: 'names no value' })
    .meta({ notation: 'map of their value to ours', minProperties: 1 })
    .describe(
      'Which of its values stands for what here. At each sign-in, what it stands for is given or taken away; nothing else is touched.',
    ),
});

/** What is mapped by a member of its own, or by nobody. */
const claimsOfOwnMembers = ['preferred_username', ...Object.keys(claimsOfTheRecord)];

const furtherClaim = ownClaim
  .refine((claim) => !claimsOfOwnMembers.includes(claimName(claim)), {
    message: 'is no further claim',
    params: { remedy: 'Map it by the member of its own, or leave it out.' },
  })
  .meta({ not: { enum: [...protocolClaims, ...claimsOfOwnMembers] } });

const mappingSchema = z
  .strictObject({
    username: theirClaim
      .default('preferred_username')
      .describe('Where a new user gets the username from; without it, from the address.'),
    email: theirClaim.default('email').describe('Where a new user gets the email address from.'),
    claims: z
      .record(furtherClaim, theirClaim)
      .default({ name: 'name', given_name: 'given_name', family_name: 'family_name' })
      .meta({ notation: 'map of our claim to theirs' })
      .describe('Further claims of a new user.'),
    groups: memberships.optional().describe('Groups by a claim of the provider.'),
    roles: memberships.optional().describe('Roles by a claim of the provider.'),
  })
  .prefault({})
  .describe(
    'Which claims of the provider become what here. Dots lead into an object: `realm_access.roles`.',
  );

const trustSchema = z
  .strictObject({
    email: z
      .boolean()
      .default(true)
      .describe(
        'Whether an address that the provider calls verified is verified here, too. An address that it does not call verified is never taken.',
      ),
    acr: z
      .record(z.string().min(1).max(maxLength.uri), authenticationLevel)
      .default({})
      .meta({ notation: 'map of acr to level' })
      .describe(
        'How strong a sign-in is that the provider describes by this `acr`: `password`, `mfa` or `phishing_resistant`. Others count as one factor.',
      ),
    amr: z
      .boolean()
      .default(false)
      .describe(
        'Whether its `amr` is passed on, and `mfa` in it spares people the second factor here.',
      ),
    auth_time: z
      .boolean()
      .default(false)
      .describe(
        'Whether `auth_time` is the time at which it asked the person, and not that at which the person came back.',
      ),
  })
  .prefault({})
  .describe('What Cardea believes the provider beyond who the person is.');

const domain = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be a domain such as example.com, in lower case',
  );

/** Those whose facts are in identity_providers/presets.ts. */
const presetName = z.enum(['google', 'microsoft', 'apple', 'github']);

const appleKey = z.strictObject({
  team_id: z.string().min(1).max(100).describe('The team of the developer account.'),
  key_id: z.string().min(1).max(100).describe('The id of the key.'),
  private_key: z.string().min(1).max(10_000).describe('The key: the content of the `.p8` file.'),
});

const identityProviderSchema = z
  .strictObject({
    id: identityProviderId.describe(
      'Stands in its redirect URI: `<issuer>/sign-in-with/<id>/callback`. Accounts are known by issuer and subject, so it may change.',
    ),
    preset: presetName
      .optional()
      .describe(
        'What is special about a well-known provider: issuer, scope, and what it vouches for.',
      ),
    name: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('What the button says; absent: that of the preset, or the `id`.'),
    issuer: httpUrl
      .optional()
      .describe(
        'Its issuer, exactly as its discovery document and its ID tokens have it; absent: that of the preset.',
      ),
    client_id: z.string().min(1).max(maxLength.uri).describe('The client that Cardea is there.'),
    client_secret: z.string().min(1).max(10_000).optional().describe('Its secret.'),
    apple_key: appleKey
      .optional()
      .describe('In place of a secret, for `preset: apple`: what makes one for each request.'),
    scope: z
      .string()
      .min(1)
      .max(4000)
      .optional()
      .describe('The scopes to ask for; absent: those of the preset, or `openid profile email`.'),
    domains: z
      .array(domain)
      .max(100)
      .default([])
      .describe(
        'Whoever types an address of one of these at the sign-in page, and no password, is sent there. A domain never makes anybody a member of anything.',
      ),
    new_people: z
      .enum(['create', 'ask', 'refuse'])
      .default('refuse')
      .describe(
        'What becomes of people who have no account: `create` makes one, `ask` shows them first what it will be, `refuse` makes none.',
      ),
    mapping: mappingSchema,
    trust: trustSchema,
  })
  .superRefine(({ preset, issuer, apple_key: key, client_secret: secret }, context) => {
    const report = (path: string, message: string, remedy: string) =>
      context.addIssue({ code: 'custom', path: [path], message, params: { remedy } });
    if (!preset && !issuer) report('issuer', 'is missing', 'Add it, or a preset.');
    if (preset === 'apple' && !key)
      report('apple_key', 'is missing', 'Add the key of the account.');
    if (preset !== 'apple' && key) report('apple_key', 'is only for Apple', 'Remove it.');
    if (key && secret) report('client_secret', 'is beside apple_key', 'Keep one of the two.');
  })
  .meta({
    title: 'Identity provider',
    rule: 'It has an issuer or a preset; `apple_key` goes with `preset: apple`.',
  });

export const identityProvidersSchema = z
  .array(identityProviderSchema)
  .max(50)
  .default([])
  .describe('Where else people can sign in.');

export type IdentityProviderConfig = z.output<typeof identityProviderSchema>;
