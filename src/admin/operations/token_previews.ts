/**
 * What would the token hold? Nothing is issued, and nothing is put on record.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import type { PreviewedToken, TokenPreview } from '../../oidc/room.ts';
import { operation } from '../operation.ts';
import { nothing } from '../schemas.ts';

const claims = z.record(z.string(), z.unknown());

const previewed = z
  .object({
    header: claims.optional().describe('Of a JWT.'),
    claims: claims.describe('Null: known only when the token is issued.'),
    per_issuance: z
      .array(z.string())
      .describe('The claims that are others in each token, such as `iat` and `jti`.'),
    sources: z
      .record(
        z.string(),
        z.object({
          from: z.enum(['scope', 'claims_parameter', 'api', 'protocol']),
          scope: z.string().optional().describe('The scope that releases it.'),
          claim: z
            .string()
            .optional()
            .describe("The user's claim, where `claim_mapping` of the client renames it."),
        }),
      )
      .describe('Where each claim comes from. `api`: the API names it under `claims`.'),
  })
  .meta({ id: 'PreviewedToken' });

const issued = z
  .object({
    outcome: z.literal('issued'),
    granted_scopes: z.array(z.string()),
    withheld_scopes: z.array(z.string()).describe('Asked for, and not granted.'),
    refused_scopes: z.array(z.string()).describe('Of these, what the user has refused earlier.'),
    id_token: previewed.nullable(),
    access_token: previewed.extend({
      format: z
        .enum(['jwt', 'opaque'])
        .describe('An opaque one has the claims that introspection tells its API.'),
    }),
    userinfo: previewed.nullable(),
    refresh_token: z.boolean().describe('Whether one would come with them.'),
    notes: z.array(z.string()).describe('What the preview assumes, in words.'),
  })
  .meta({ id: 'TokenPreview' });

const refused = z
  .object({
    outcome: z.literal('refused'),
    error: z.string().describe('As the app would get it: `invalid_scope`, `invalid_target` …'),
    error_description: z.string().optional(),
  })
  .meta({ id: 'RefusedPreview' });

export const previewTokens = operation({
  id: 'previewTokens',
  method: 'POST',
  path: '/token-previews',
  tag: 'Token previews',
  summary: 'What tokens would hold',
  description:
    'The claims of the ID token, the access token and userinfo for a user of a client, or the access token of a client that acts for itself. A request that the server would refuse is answered with that refusal. Nothing is issued: the answer holds no token.',
  scope: 'users:read',
  furtherScopes: ['clients:read'],
  params: nothing,
  query: nothing,
  body: z
    .strictObject({
      client_id: z.string().min(1).max(maxLength.uri),
      user_id: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe('Without one, the client asks for itself: client credentials.'),
      api: z
        .string()
        .min(1)
        .max(maxLength.uri)
        .optional()
        .describe("The API's identifier, as `resource` would name it."),
      scopes: z
        .array(z.string().min(1).max(200))
        .max(100)
        .default([])
        .describe('Empty: as for a request that names no scope.'),
      claims: z
        .strictObject({ id_token: claims.optional(), userinfo: claims.optional() })
        .optional()
        .describe('The `claims` parameter, OpenID Connect Core 5.5.'),
    })
    .meta({ id: 'TokenPreviewRequest' }),
  result: z.discriminatedUnion('outcome', [issued, refused]),
  async run({ body: { client_id: clientId, user_id: userId, api, scopes, claims }, services }) {
    const told = await services.previewTokens({ clientId, userId, api, scopes, claims });
    if ('refusal' in told) {
      const { error, description } = told.refusal;
      return {
        result: {
          ...{ outcome: 'refused' as const, error },
          ...(description !== undefined && { error_description: description }),
        },
      };
    }
    return { result: { outcome: 'issued' as const, ...viewOf(told.preview), ...notesOn(userId) } };
  },
});

function viewOf({ accessToken, idToken, userinfo, ...preview }: TokenPreview) {
  return {
    granted_scopes: preview.grantedScopes,
    withheld_scopes: preview.withheldScopes,
    refused_scopes: preview.refusedScopes,
    id_token: idToken ? tokenView(idToken) : null,
    access_token: { ...tokenView(accessToken), format: accessToken.format },
    userinfo: userinfo ? tokenView(userinfo) : null,
    refresh_token: preview.hasRefreshToken,
  };
}

function tokenView({ header, claims, perIssuance, sources }: PreviewedToken) {
  return { ...(header && { header }), claims, per_issuance: perIssuance, sources };
}

function notesOn(userId: string | undefined) {
  const ofPerson = [
    'The user has just signed in with a password.',
    'The user agrees to everything that is asked, but for what they have refused earlier.',
  ];
  return { notes: ['Times are as if the token was issued now.', ...(userId ? ofPerson : [])] };
}

export const tokenPreviewOperations = [previewTokens] as const;
