/**
 * The schema of the declarative file: what an operator declares (APIs, clients, users, policies). It
 * owns shapes and defaults; it reads no file and touches no store. Keys keep the file's spelling.
 */
import { z } from 'zod';
import { duration, network, rate } from './values.ts';

/** RFC 6749 section 3.3: a scope-token. */
const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'is not a valid scope name');
/** RFC 6749 appendix A.1, bounded. */
const clientId = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters');
const secret = z.string().min(32, 'must have at least 32 characters (cardea secret generate)');

export const apiSchema = z.strictObject({
  /** The audience; an absolute URI (RFC 8707 section 2). */
  identifier: z.string().refine((value) => URL.canParse(value) && !value.includes('#'), {
    message: 'must be an absolute URI without a fragment (RFC 8707)',
  }),
  name: z.string().min(1).max(200),
  /** Scope name to its meaning in plain words, as consent shows it. */
  scopes: z.record(scopeName, z.string().max(300)).default({}),
  access_token_format: z.enum(['jwt', 'opaque']).default('jwt'),
  /** Seconds. */
  access_token_lifetime: duration.default(600),
  /** The client that is this API. */
  client_id: clientId.optional(),
});

/** RFC 7591 metadata, plus Cardea's own members. Unknown standard members pass to the protocol engine, which checks them. */
export const clientSchema = z.looseObject({
  client_id: clientId,
  client_name: z.string().max(200).optional(),
  client_secret: secret.optional(),
  redirect_uris: z.array(z.string()).optional(),
  grant_types: z.array(z.string()).optional(),
  scope: z.string().optional(),
  /** Identifiers of the APIs it may ask for; the only one is the default `resource`. */
  apis: z.array(z.string()).default([]),
  consent: z.enum(['ask', 'skip']).default('ask'),
  /** Seconds in which a just-rotated refresh token is still answered. */
  refresh_token_grace: duration.default(10),
  profile: z.enum(['oauth2.1', 'fapi2']).default('oauth2.1'),
  require_pkce: z.boolean().default(true),
});

export const userSchema = z
  .strictObject({
    username: z.string().min(1).max(200),
    password: z.string().min(8, 'must have at least 8 characters').max(1024).optional(),
    password_hash: z
      .string()
      .startsWith('$argon2id$', 'must be an encoded argon2id hash')
      .optional(),
    email: z.email().optional(),
    email_verified: z.boolean().default(false),
    claims: z.record(z.string(), z.unknown()).default({}),
    roles: z.array(z.string()).default([]),
  })
  .refine((user) => !(user.password && user.password_hash), {
    message: 'takes password or password_hash, not both',
  });

const policies = {
  signing_keys: z
    .strictObject({
      algorithm: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).default('RS256'),
      rotate_every: duration.default(30 * 86_400),
      publish_ahead: duration.default(86_400),
    })
    .prefault({}),
  revocation: z.strictObject({ effective_within: duration.default(2) }).prefault({}),
  sign_in: z
    .strictObject({
      attempts_per_account: rate.prefault('10/15m'),
      attempts_per_address: rate.prefault('100/15m'),
    })
    .prefault({}),
  dynamic_registration: z
    .strictObject({
      enabled: z.boolean().default(false),
      /** What a dynamically registered client may ask for beyond OpenID Connect's own scopes. */
      apis: z.array(z.string()).default([]),
      scope: z.string().default('openid profile email offline_access'),
      require_pkce: z.boolean().default(true),
    })
    .prefault({}),
  outbound: z
    .strictObject({ allow: z.array(network).default([]), ca: z.string().nullable().default(null) })
    .prefault({}),
  pages: z
    .strictObject({
      /** The operator's name, as every page shows it. */
      name: z.string().min(1).max(100).default('Cardea'),
      /** A file (SVG, PNG) that Cardea serves itself. */
      logo: z.string().optional(),
      accent: z
        .string()
        .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as #4f46e5')
        .default('#4f46e5'),
      /** A folder whose templates take precedence over the built-in ones. */
      templates: z.string().optional(),
      default_locale: z.enum(['en', 'de']).default('en'),
    })
    .prefault({}),
  audit: z.strictObject({ keep: duration.default(90 * 86_400) }).prefault({}),
};

export const declarationSchema = z
  .strictObject({
    apis: z.array(apiSchema).default([]),
    clients: z.array(clientSchema).default([]),
    users: z.array(userSchema).default([]),
    ...policies,
  })
  .superRefine((file, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const unique = (list: 'apis' | 'clients' | 'users', names: string[]) =>
      names.forEach((name, index) => {
        if (names.indexOf(name) !== index) problem([list, index], 'is declared twice');
      });
    unique(
      'apis',
      file.apis.map((api) => api.identifier),
    );
    unique(
      'clients',
      file.clients.map((client) => client.client_id),
    );
    unique(
      'users',
      file.users.map((user) => user.username.toLowerCase()),
    );

    const identifiers = new Set(file.apis.map((api) => api.identifier));
    const clientIds = new Set(file.clients.map((client) => client.client_id));
    file.clients.forEach((client, index) => {
      client.apis.forEach((identifier, position) => {
        if (!identifiers.has(identifier)) {
          problem(
            ['clients', index, 'apis', position],
            'names an API that this file does not declare',
          );
        }
      });
      if (!client.require_pkce && client.token_endpoint_auth_method === 'none') {
        problem(['clients', index, 'require_pkce'], 'can be false only for a confidential client');
      }
    });
    file.apis.forEach((api, index) => {
      if (api.client_id && !clientIds.has(api.client_id)) {
        problem(['apis', index, 'client_id'], 'names a client that this file does not declare');
      }
    });
    if (file.signing_keys.publish_ahead >= file.signing_keys.rotate_every) {
      problem(['signing_keys', 'publish_ahead'], 'must be shorter than rotate_every');
    }
  });

export type Declaration = z.output<typeof declarationSchema>;
export type ApiDeclaration = z.output<typeof apiSchema>;
export type ClientDeclaration = z.output<typeof clientSchema>;
export type UserDeclaration = z.output<typeof userSchema>;
