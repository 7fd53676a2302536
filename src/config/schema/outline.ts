/**
 * What consistency checks see of a declarative file: the members that refer to each other, wherever they can be
 * read. Mistakes in shape are somebody else's; here they only leave gaps.
 */
import { z } from 'zod';
import { defaultAuthMethod, defaultGrantTypes } from '../../definitions/oauth.ts';
import { duration } from './values.ts';

const text = z.string().optional().catch(undefined);
const texts = z.array(z.string().catch('')).optional().catch(undefined);
const anything = z.unknown().optional();
const listOf = <T extends z.ZodType>(item: T) => z.array(item).catch([]);

/** Answers an outline of any data. */
export const outlineSchema = z.object({
  apis: listOf(
    z
      .object({
        identifier: text,
        aliases: texts,
        client_id: text,
        scopes: z.record(z.string(), z.unknown()).catch({}),
      })
      .catch({ identifier: undefined, aliases: undefined, client_id: undefined, scopes: {} }),
  ),
  clients: listOf(
    z
      .looseObject({
        client_id: text,
        client_secret: anything,
        token_endpoint_auth_method: z.string().catch(defaultAuthMethod),
        jwks: anything,
        jwks_uri: anything,
        redirect_uris: texts,
        post_logout_redirect_uris: texts,
        frontchannel_logout_uri: text,
        grant_types: z.array(z.string().catch('')).catch(defaultGrantTypes),
        scope: text,
        default_scope: text,
        apis: texts,
        identity_providers: texts,
        application_type: text,
        require_pkce: anything,
        require_signed_request_object: anything,
        profile: text,
        id_token_signed_response_alg: text,
        userinfo_signed_response_alg: text,
        authorization_signed_response_alg: text,
      })
      .optional()
      .catch(undefined),
  ),
  identity_providers: listOf(z.object({ id: text, domains: texts }).catch({})),
  scopes: listOf(z.object({ name: text }).catch({ name: undefined })),
  users: listOf(z.object({ username: text, email: text, subject: text }).catch({})),
  signing_keys: z
    .object({
      algorithm: text,
      rotate_every: duration.prefault('30d'),
      publish_ahead: duration.prefault('1d'),
    })
    .prefault({})
    .catch({ algorithm: undefined, rotate_every: 1, publish_ahead: 0 }),
  dynamic_registration: z.object({ apis: texts }).optional().catch(undefined),
  client_id_metadata: z.object({ apis: texts }).optional().catch(undefined),
});

export type Outline = z.output<typeof outlineSchema>;
export type Client = NonNullable<Outline['clients'][number]>;
