/**
 * The schema of the declarative file: what an operator declares (APIs, clients, users, policies). It
 * owns shapes, defaults and their descriptions, from which docs/configuration.md is generated; it reads
 * no file and touches no store. Keys keep the file's spelling, and times are seconds.
 */
import { z } from 'zod';
import { adminApi, isAdminApi } from '../../definitions/admin_scopes.ts';
import { groupScopes } from '../../definitions/claims.ts';
import { durationText, longestDuration } from '../../definitions/durations.ts';
import { maxLength, passwordLength } from '../../definitions/lengths.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { crowdedShare, serverLimits } from '../../definitions/limits.ts';
import { defaultLocale, locales } from '../../definitions/locales.ts';
import { emailPattern, subjectPattern } from '../../definitions/names.ts';
import { defaultAlgorithm, openIdScopes, signingAlgorithms } from '../../definitions/oauth.ts';
import { acceptedHashes, passwordHashFormat } from '../../definitions/password_hashes.ts';
import { day, hour } from '../../definitions/units.ts';
import { accountSchema } from './account.ts';
import { apiKeysSchema, webhookSchema } from './api_keys.ts';
import { clientId, clientSchema } from './client_metadata.ts';
import { clientIdMetadataSchema, dynamicRegistrationSchema } from './client_sources.ts';
import { identityProvidersSchema } from './identity_providers.ts';
import { localText } from './local_text.ts';
import { mailSchema } from './mail.ts';
import { operatorSchema } from './operators.ts';
import { passkeysSchema } from './passkeys.ts';
import { isPastedHash, pastedHash } from './pasted_hashes.ts';
import { registrationSchema } from './registration.ts';
import { mistypedClaims } from './standard_claims.ts';
import {
  authenticationLevel,
  duration,
  durationBetween,
  httpUrl,
  network,
  ownClaim,
  rate,
} from './values.ts';

/** RFC 6749 section 3.3: a scope-token. */
const scopeName = z
  .string()
  .regex(
    new RegExp(`^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,${maxLength.scopeName}}$`),
    `must be 1 to ${maxLength.scopeName} visible ASCII characters, without spaces, double quotes and backslashes`,
  );

const scopeSchema = z
  .strictObject({
    name: scopeName
      .refine((name) => !openIdScopes.includes(name), {
        message: 'is a scope of OpenID Connect',
        params: { remedy: 'Choose another name: what that scope releases is fixed.' },
      })
      .meta({ not: { enum: openIdScopes } })
      .describe('What clients ask for; `groups` and `roles` may be declared anew.'),
    description: localText(maxLength.scopeText).describe(
      'What it lets an app see, in plain words, as consent shows it; `{ en: …, de: … }` by language.',
    ),
    claims: z.array(ownClaim).min(1).max(100).describe('The claims of users that it releases.'),
  })
  .meta({ title: 'Scope' });

/** RFC 8707 section 2. */
const resourceIdentifier = z
  .string()
  .max(maxLength.uri)
  .refine((value) => URL.canParse(value) && !value.includes('#'), {
    message: 'must be an absolute URI without a fragment (RFC 8707)',
  })
  .refine((value) => !isAdminApi(value), {
    message: 'is the API of Cardea itself',
    params: { remedy: 'Choose another: this API is there without being declared.' },
  })
  .meta({
    notation: 'URI',
    pattern: '^\\s*[A-Za-z][A-Za-z0-9+.-]*:[^#]*$',
    not: { enum: [adminApi] },
  });

export const apiShape = z.strictObject({
  identifier: resourceIdentifier.describe(
    'Its audience: the `resource` that clients ask for and the `aud` of its tokens.',
  ),
  aliases: z
    .array(resourceIdentifier)
    .max(20)
    .default([])
    .describe(
      'Further names that a `resource` may have for it; its tokens name the identifier. With or without the last slash the identifier is known anyway.',
    ),
  name: localText(maxLength.apiName).describe(
    'Its name, as consent shows it; `{ en: …, de: … }` by language.',
  ),
  scopes: z
    .record(scopeName, localText(maxLength.scopeText, 0))
    .default({})
    .meta({ notation: 'map of scope to text' })
    .describe(
      'Each scope and its meaning in plain words, as consent shows it; `{ en: …, de: … }` by language.',
    ),
  access_token_format: z
    .enum(['jwt', 'opaque'])
    .default('jwt')
    .describe('`jwt` (RFC 9068) is verified offline, `opaque` by introspection.'),
  access_token_lifetime: durationBetween(1, 30 * day)
    .prefault(durationText(lifetimes.accessToken))
    .describe('How long its access tokens live.'),
  acr: authenticationLevel
    .optional()
    .describe(
      'How strong the sign-in behind its tokens must be: `password`, `mfa` or `phishing_resistant`.',
    ),
  client_id: clientId
    .optional()
    .describe('The client that is this API: it may introspect its tokens and verify its keys.'),
  project: z
    .string()
    .min(1)
    .max(maxLength.projectId)
    .optional()
    .describe('The id of a project: deployers who are named for it may change this API.'),
  claims: z
    .array(ownClaim)
    .max(100)
    .default([])
    .describe(
      'Claims of users that its JWT access tokens carry, such as `groups` and `roles` (RFC 9068 section 2.2.3.1). Apps that hold the tokens can read them.',
    ),
  user_key_scopes: z
    .array(scopeName)
    .optional()
    .describe('The scopes that keys of users may have at most; absent: all that the API defines.'),
});

export const apiSchema = apiShape
  .superRefine(({ scopes, user_key_scopes = [] }, context) => {
    for (const [index, scope] of user_key_scopes.entries()) {
      if (Object.hasOwn(scopes, scope)) continue;
      context.addIssue({
        code: 'custom',
        path: ['user_key_scopes', index],
        message: 'names a scope that the API does not define',
        params: { remedy: 'Declare it under its scopes.' },
      });
    }
  })
  .meta({ title: 'API', rule: 'Its user_key_scopes are among its scopes.' });

const memberships = z.array(z.string().min(1).max(maxLength.membership)).max(1000).default([]);

export const userSchema = z
  .strictObject({
    username: z.string().min(1).max(maxLength.username).describe('Unique, whatever its case.'),
    password: z
      .string()
      .min(passwordLength.min)
      .max(passwordLength.max)
      .refine((password) => !isPastedHash(password), {
        message: 'is a hash, not a password',
        params: { remedy: 'Declare the hash as password_hash, or the password itself.' },
      })
      .meta({ not: { pattern: pastedHash.source } })
      .optional()
      .describe(
        `At least ${passwordLength.min} characters; kept only as an argon2id hash. Whoever writes the file answers for it: the rules for other passwords do not apply.`,
      ),
    password_hash: z
      .string()
      .max(maxLength.passwordHash)
      .refine((hash) => passwordHashFormat.test(hash), {
        message: 'is not an encoded hash of a kind that is accepted',
        params: { remedy: `Accepted are: ${acceptedHashes}.` },
      })
      .meta({ pattern: passwordHashFormat.source })
      .optional()
      .describe(
        'An encoded hash, in place of password: argon2, bcrypt, scrypt, PBKDF2 or SHA-512-crypt ([which](migrating.md#password-hashes)). The first sign-in replaces it by argon2id.',
      ),
    email: z
      .email({ pattern: emailPattern })
      .max(maxLength.email)
      .optional()
      .describe('Unique among users; also opens the sign-in page.'),
    email_verified: z.boolean().default(false).describe('Whether the email address is verified.'),
    claims: z
      .record(z.string(), z.unknown())
      .superRefine((claims, context) => {
        for (const { claim, problem, remedy } of mistypedClaims(claims)) {
          context.addIssue({ code: 'custom', path: [claim], message: problem, params: { remedy } });
        }
      })
      .meta({ rule: 'Each has the type that the standard gives it.' })
      .default({})
      .meta({ notation: 'map' })
      .describe(
        'Standard claims (OpenID Connect Core section 5.1), and those that scopes of this file release.',
      ),
    groups: memberships.describe(
      `The groups of the user; \`${groupScopes.groups[0]}\` releases them.`,
    ),
    roles: memberships.describe(
      `The roles of the user; \`${groupScopes.roles[0]}\` releases them.`,
    ),
    operator: operatorSchema.optional(),
    subject: z
      .string()
      .regex(subjectPattern, {
        message: `must be 1 to ${maxLength.subject} visible ASCII characters`,
      })
      .optional()
      .describe(
        'The `sub` by which apps know the user, from the server that the user comes from; absent: random. Cannot change later.',
      ),
  })
  .refine((user) => !(user.password && user.password_hash), {
    message: 'takes password or password_hash, not both',
    params: { remedy: 'Remove one of the two.' },
  })
  .meta({ title: 'User', not: { required: ['password', 'password_hash'] } });

export const pagesShape = z.strictObject({
  name: z.string().min(1).max(100).default('Cardea').describe('Your name, on every page.'),
  logo: z
    .string()
    .min(1)
    .optional()
    .meta({ notation: 'path' })
    .describe('A picture (SVG or PNG) that Cardea serves itself.'),
  accent: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as #4f46e5')
    .default('#4f46e5')
    .meta({ notation: 'colour' })
    .describe('The colour of buttons and links.'),
  templates: z
    .string()
    .min(1)
    .optional()
    .meta({ notation: 'path' })
    .describe('A folder whose templates take precedence over the built-in ones.'),
  documentation: httpUrl
    .optional()
    .describe(
      'Your documentation for developers: linked at `/`, and `service_documentation` of discovery.',
    ),
  default_locale: z
    .enum(locales)
    .default(defaultLocale)
    .describe('The language where neither ui_locales nor the browser names one.'),
});

const policies = {
  signing_keys: z
    .strictObject({
      algorithm: z
        .enum(signingAlgorithms)
        .default(defaultAlgorithm)
        .describe('What signs; RS256 is what every verifier understands.'),
      rotate_every: durationBetween(1, 3650 * day)
        .prefault('30d')
        .describe('How long one key signs.'),
      publish_ahead: duration
        .prefault('1d')
        .describe(
          'How long a key is in the JWKS at least before it signs; shorter than rotate_every.',
        ),
    })
    .prefault({})
    .describe('The keys that sign tokens.'),
  declaration: z
    .strictObject({
      remove: z
        .enum(['keep', 'disable'])
        .default('keep')
        .describe(
          'What becomes of APIs, clients and users that are taken out of this file: `keep` (each start says so), or `disable`, once.',
        ),
    })
    .prefault({})
    .describe('How this file itself is applied.'),
  revocation: z
    .strictObject({
      effective_within: durationBetween(1, hour)
        .prefault('2s')
        .describe('After how long verifiers that follow the status list refuse a revoked token.'),
    })
    .prefault({})
    .describe('Revocation of tokens that are verified offline.'),
  sign_in: z
    .strictObject({
      attempts_per_account: rate
        .prefault('10/15m')
        .describe('Failed sign-ins for one account, then it is throttled.'),
      attempts_per_address: rate
        .prefault('100/15m')
        .describe('Failed sign-ins from one address, then it is throttled.'),
      acr: authenticationLevel
        .default('password')
        .describe(
          'How strong each sign-in must be at least: `password`, `mfa` (two factors), or `phishing_resistant` (a passkey).',
        ),
      acr_of_roles: z
        .record(z.string().min(1).max(maxLength.membership), authenticationLevel)
        .default({})
        .meta({ notation: 'map of role to level' })
        .describe('The same for people who have these roles.'),
      sessions: z
        .strictObject({
          browser: durationBetween(hour, 30 * day)
            .prefault(durationText(lifetimes.sessionOfBrowser))
            .describe(
              'How long a session lasts after its last use. The browser forgets it when it is closed.',
            ),
          stay_signed_in: durationBetween(0, 90 * day)
            .prefault(durationText(lifetimes.session))
            .describe(
              'The same where the person has ticked “Stay signed in”, also when the browser is closed; `0` does not offer it.',
            ),
          longest: durationBetween(hour, 365 * day)
            .prefault(durationText(lifetimes.longestSession))
            .describe('How long any session lasts after its sign-in, however it is used.'),
        })
        .prefault({})
        .describe('How long people stay signed in.'),
      tell_of_new_browsers: z
        .boolean()
        .default(true)
        .describe(
          'Whether people are told by mail of sign-ins from browsers that they have not used before, and of guesses at their second factor.',
        ),
      breached_passwords: z
        .string()
        .min(1)
        .optional()
        .meta({ notation: 'path' })
        .describe(
          'A file that `cardea passwords import` made: nobody can choose a password that is in it.',
        ),
      trusted_browsers: durationBetween(0, 90 * day)
        .prefault('30d')
        .describe(
          'For how long a browser is not asked for the second factor again, where the person wishes so; `0` asks each time.',
        ),
    })
    .prefault({})
    .describe('How people sign in, and limits against guessing of passwords.'),
  registration: registrationSchema,
  passkeys: passkeysSchema,
  sign_out: z
    .strictObject({
      confirm: z
        .enum(['when_needed', 'always'])
        .default('when_needed')
        .describe(
          'Whether sign-out asks the person: `when_needed` does not where an app proves with an ID token of this session that it asks.',
        ),
    })
    .prefault({})
    .describe('Sign-out that apps start.'),
  strangers: z
    .strictObject({
      begun_per_address: rate
        .prefault('5000/1h')
        .describe(
          `Sign-ins, pushed requests and device codes from one address (IPv6: one /64) that were begun and not finished; requests of more than ${serverLimits.unfinishedRequest / 1024} KiB count as several.`,
        ),
      begun_in_all: rate
        .prefault('500000/1h')
        .describe(
          `The same of all addresses: beyond it, each address has 1/${1 / crowdedShare} of its share.`,
        ),
      tokens_per_account: rate
        .prefault('1000/1h')
        .describe(
          'How often an account may have tokens issued at one client that is public or registered itself, how often it may consent to any one client, and send forms of its account pages.',
        ),
    })
    .prefault({})
    .describe('How much the store keeps for people and programs that nobody knows.'),
  dynamic_registration: dynamicRegistrationSchema,
  client_id_metadata: clientIdMetadataSchema,
  outbound: z
    .strictObject({
      allow: z
        .array(network)
        .default([])
        .describe(
          'Private networks that Cardea may call for what the operator names: identity providers, webhooks, and `jwks_uri` and back-channel logout of clients of this file and of the command line. Never for clients that registered themselves.',
        ),
      allow_registered: z
        .array(network)
        .default([])
        .describe(
          'The same for addresses that clients give who register themselves, and for metadata documents of clients. Whoever may register, or has a document that is taken, can make Cardea call everything there.',
        ),
      ca: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .meta({ notation: 'path' })
        .describe('A PEM file with further certificate authorities to trust there.'),
    })
    .prefault({})
    .describe('Requests that Cardea itself makes.'),
  account: accountSchema,
  api_keys: apiKeysSchema,
  webhooks: z
    .array(webhookSchema)
    .max(20)
    .default([])
    .describe('Where events are sent, as signed requests (Standard Webhooks).'),
  pages: pagesShape.prefault({}).describe('How the pages look.'),
  mail: mailSchema,
  identity_providers: identityProvidersSchema,
  inspector: z
    .strictObject({
      public: z
        .boolean()
        .optional()
        .describe(
          'Whether everybody may inspect tokens at `/inspect`, and build requests. Of values that only Cardea can read, strangers learn no more than their form says. Default: in development mode only.',
        ),
      fetch_foreign_keys: z
        .boolean()
        .default(false)
        .describe(
          'Whether the inspector of the console and the command line fetches the keys of other issuers, from public addresses and those of `outbound.allow_registered`. Never for the public page.',
        ),
    })
    .prefault({})
    .describe('The inspector of tokens ([inspect.md](inspect.md)).'),
  audit: z
    .strictObject({
      keep: durationBetween(day, longestDuration)
        .prefault('90d')
        .describe('How long audit events are kept.'),
    })
    .prefault({})
    .describe('The audit trail.'),
};

export const declarationSchema = z.strictObject({
  $schema: z
    .string()
    .max(maxLength.uri)
    .optional()
    .describe('Where the JSON Schema of this file is, for editors. Cardea does not read it.'),
  apis: z.array(apiSchema).default([]).describe('The APIs that tokens are for.'),
  clients: z
    .array(clientSchema)
    .default([])
    .describe('The clients, with the metadata names of RFC 7591.'),
  users: z.array(userSchema).default([]).describe('The users.'),
  scopes: z
    .array(scopeSchema)
    .max(100)
    .default([])
    .describe(
      'Scopes that release claims of users, beside those of OpenID Connect, `groups` and `roles`.',
    ),
  ...policies,
});

export type Declaration = z.output<typeof declarationSchema>;
export type ApiDeclaration = z.output<typeof apiSchema>;
export type ClientDeclaration = z.output<typeof clientSchema>;
export type UserDeclaration = z.output<typeof userSchema>;
