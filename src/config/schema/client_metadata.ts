/**
 * The schema of one declared client: RFC 7591 metadata names, plus Cardea's own members. It owns shapes
 * and defaults; whether members fit each other is consistency.ts's, and the protocol engine's.
 */
import { z } from 'zod';
import { durationText } from '../../definitions/durations.ts';
import { maxLength, secretLength } from '../../definitions/lengths.ts';
import { refreshTokenGrace } from '../../definitions/lifetimes.ts';
import {
  authMethods,
  clientAlgorithms,
  consents,
  defaultAuthMethod,
  defaultGrantTypes,
  grantTypes,
  idTokenClaims,
  profiles,
  signingAlgorithms,
  subjectTypes,
} from '../../definitions/oauth.ts';
import { identityProviderId } from './identity_providers.ts';
import { origin } from './origins.ts';
import { isPastedHash, pastedHash } from './pasted_hashes.ts';
import { authenticationLevel, durationBetween, ownClaim, uri } from './values.ts';

/** RFC 6749 appendix A.1, bounded. */
export const clientId = z
  .string()
  .regex(
    new RegExp(`^[\\x21-\\x7e]{1,${maxLength.clientId}}$`),
    `must be 1 to ${maxLength.clientId} visible ASCII characters`,
  );

/** RFC 6749 appendix A.2 (VSCHAR): what HTTP Basic and forms carry to every server in the same bytes. */
const clientSecret = z
  .string()
  .min(secretLength.min)
  .max(secretLength.max)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII (RFC 6749 appendix A.2)')
  .refine((secret) => !isPastedHash(secret), {
    message: 'is a hash, not the secret',
    params: { remedy: 'Declare the secret itself; Cardea keeps only its hash.' },
  })
  .meta({ not: { pattern: pastedHash.source } });
const uris = z.array(uri).max(100);
const names = z.array(z.string().min(1).max(200)).max(100);
const responseAlgorithm = z.enum(signingAlgorithms);

const cardeaMembers = {
  apis: z
    .array(z.string())
    .default([])
    .describe('Identifiers of the APIs it may ask for; the only one is the default `resource`.'),
  project: z
    .string()
    .min(1)
    .max(maxLength.projectId)
    .optional()
    .describe('The id of a project: deployers who are named for it may change this client.'),
  consent: z
    .enum(consents)
    .default('ask')
    .describe(
      '`skip` is for first-party apps: people are not asked, but for native apps on private-use schemes.',
    ),
  refresh_token_grace: durationBetween(0, refreshTokenGrace.max)
    .prefault(durationText(refreshTokenGrace.default))
    .describe('How long a refresh token that was just rotated still works; 0 is strict.'),
  profile: z
    .enum(profiles)
    .default('oauth2.1')
    .describe('`fapi2` holds the client to the FAPI 2.0 Security Profile.'),
  default_scope: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .describe(
      'The scopes of an authorization or device request that names none; absent: those of `scope` without `offline_access`, or `openid`.',
    ),
  id_token_claims: z
    .enum(idTokenClaims)
    .optional()
    .describe(
      '`scopes`: its ID tokens carry the claims of the granted scopes. `minimal`: only who signed in, and what the `claims` parameter asks for; the default with `fapi2`.',
    ),
  claim_mapping: z
    .record(
      ownClaim,
      z.strictObject({
        name: ownClaim.optional().describe('The name that this client knows the claim by.'),
        format: z
          .enum(['list', 'text'])
          .optional()
          .describe(
            '`text` joins the values of a list with spaces; `list` makes a text a list of one.',
          ),
        prefix: z
          .string()
          .min(1)
          .max(maxLength.claimName)
          .optional()
          .describe('What stands before each value, such as `oidc:`.'),
      }),
    )
    .optional()
    .meta({ notation: 'map of claim to name, format and prefix' })
    .describe('How ID tokens and userinfo of this client spell claims of users, such as `groups`.'),
  acr: authenticationLevel
    .optional()
    .describe('How strong sign-ins for it must be: `password`, `mfa` or `phishing_resistant`.'),
  identity_providers: z
    .array(identityProviderId)
    .max(50)
    .optional()
    .describe(
      'The ids of the identity providers that its sign-in page offers; absent: all, an empty list: none.',
    ),
  require_pkce: z
    .boolean()
    .default(true)
    .describe('`false` only for a confidential OpenID Connect client that cannot do PKCE.'),
  cors_origins: z
    .array(origin)
    .max(100)
    .optional()
    .describe(
      'Origins whose pages may call Cardea as this client, such as `capacitor://localhost`; for a public client, beside those of its redirect URIs.',
    ),
};

/** Members of RFC 7591, OpenID Connect Registration and Logout, JARM, PAR and DPoP that have a meaning here. */
const standardMembers = {
  client_id: clientId.describe(
    `Its identifier; at most ${maxLength.clientId} visible ASCII characters.`,
  ),
  client_name: z
    .string()
    .min(1)
    .max(maxLength.clientName)
    .optional()
    .describe('Its name, as consent shows it.'),
  client_secret: clientSecret
    .optional()
    .describe(
      `At least ${secretLength.min} characters (\`cardea secret generate\`); kept only as a hash.`,
    ),
  token_endpoint_auth_method: z
    .enum(authMethods)
    .default(defaultAuthMethod)
    .describe('How it authenticates; `none` makes it a public client.'),
  token_endpoint_auth_signing_alg: z
    .enum(clientAlgorithms)
    .optional()
    .describe('The only algorithm that its assertions (private_key_jwt) may have.'),
  jwks: z
    .looseObject({
      keys: z
        .array(z.looseObject({ kty: z.string().describe('The type of the key, such as `RSA`.') }))
        .max(50)
        .describe('The keys, as JWKs (RFC 7517).'),
    })
    .optional()
    .meta({ notation: 'JWK Set' })
    .describe('Its public keys.'),
  jwks_uri: uri.optional().describe('Where its public keys are fetched; not together with jwks.'),
  redirect_uris: uris
    .optional()
    .describe('Compared exactly; a native app may take any port on a loopback address (RFC 8252).'),
  post_logout_redirect_uris: uris.optional().describe('Where sign-out may lead back to.'),
  grant_types: z
    .array(z.enum(grantTypes))
    .default(defaultGrantTypes)
    .describe('What it may ask the token endpoint for; none for a client that only is an API.'),
  response_types: z
    .array(z.enum(['code']))
    .optional()
    .describe('`code` when it has redirect URIs, otherwise none.'),
  response_modes: z
    .array(
      z.enum([
        'query',
        'fragment',
        'form_post',
        'jwt',
        'query.jwt',
        'fragment.jwt',
        'form_post.jwt',
      ]),
    )
    .optional()
    .describe('The response modes it may use; absent: all.'),
  scope: z
    .string()
    .max(4000)
    .optional()
    .describe('The scopes it may ask for, separated by spaces.'),
  application_type: z
    .enum(['web', 'native'])
    .optional()
    .describe('`native` allows private-use URI schemes and loopback ports (default: web).'),
  contacts: names.optional().describe('Who is responsible for it.'),
  client_uri: uri.optional().describe('Its home page. Pages that have expired link to it.'),
  logo_uri: uri
    .optional()
    .describe(
      'Its logo: kept and given back, but never loaded; pages show the initial of its name.',
    ),
  policy_uri: uri.optional().describe('Its privacy policy.'),
  tos_uri: uri.optional().describe('Its terms of service.'),
  initiate_login_uri: uri
    .optional()
    .describe(
      'Where a sign-in can be started from outside. Sign-in pages that have expired lead there.',
    ),
  subject_type: z
    .enum(subjectTypes)
    .optional()
    .describe('`pairwise` gives it subjects that no other sector sees (default: public).'),
  sector_identifier_uri: uri.optional().describe('Groups redirect URIs for pairwise subjects.'),
  default_max_age: z
    .int()
    .min(0)
    .optional()
    .describe('Seconds after which a sign-in is too old for it.'),
  require_auth_time: z.boolean().optional().describe('Whether ID tokens always have auth_time.'),
  default_acr_values: names.optional().describe('The acr values it asks for by default.'),
  id_token_signed_response_alg: responseAlgorithm
    .optional()
    .describe('Algorithm of its ID tokens.'),
  userinfo_signed_response_alg: responseAlgorithm
    .optional()
    .describe('Makes its userinfo responses JWTs of this algorithm.'),
  authorization_signed_response_alg: responseAlgorithm
    .optional()
    .describe('Algorithm of its JWT authorization responses (JARM).'),
  request_object_signing_alg: z
    .enum(clientAlgorithms)
    .optional()
    .describe('The only algorithm that its request objects (RFC 9101) may have.'),
  require_signed_request_object: z
    .boolean()
    .optional()
    .describe('Refuses authorization requests that it did not sign; needs public keys.'),
  require_pushed_authorization_requests: z
    .boolean()
    .optional()
    .describe('Refuses authorization requests that were not pushed (RFC 9126).'),
  dpop_bound_access_tokens: z
    .boolean()
    .optional()
    .describe('Its access tokens are always bound to a DPoP key (RFC 9449).'),
  backchannel_logout_uri: uri.optional().describe('Told when a session ends.'),
  backchannel_logout_session_required: z
    .boolean()
    .optional()
    .describe('Whether logout tokens must name the session; they always do.'),
  frontchannel_logout_uri: uri
    .optional()
    .describe(
      'Opened in a hidden frame when a person signs out; of an origin of its redirect_uris. Reaches only browsers that send cookies to frames.',
    ),
  frontchannel_logout_session_required: z
    .boolean()
    .optional()
    .describe('Whether that frame must be told issuer and session; it always is.'),
};

export const clientShape = { ...standardMembers, ...cardeaMembers };

export const clientMembers: readonly string[] = Object.keys(clientShape);

/** RFC 7591 section 2.2. */
const languageTag = /#[A-Za-z0-9-]{1,35}$/;

/** As JSON Schema has them. */
export const membersInALanguage = {
  [`^(${clientMembers.join('|')})${languageTag.source}`]: {
    description: 'The same for one language, such as `client_name#de` (RFC 7591 section 2.2).',
  },
};

/**
 * One declared client. Names that it does not list pass, for those with a language tag, which are held to the member
 * without it; consistency.ts refuses the others.
 */
export const clientSchema = z
  .looseObject(clientShape)
  .superRefine((client, context) => {
    for (const [name, value] of Object.entries(client)) {
      const member = withoutLanguage(name);
      if (member === name || !Object.hasOwn(clientShape, member)) continue;
      const { error } = clientShape[member as keyof typeof clientShape].safeParse(value);
      for (const issue of error?.issues ?? []) {
        context.issues.push({
          ...issue,
          input: value,
          path: [name, ...issue.path],
        } as z.core.$ZodRawIssue);
      }
    }
  })
  .meta({
    title: 'Client',
    additionalProperties: false,
    patternProperties: membersInALanguage,
  });

/** Whether a client may have this member, with or without a language tag. */
export function isClientMember(name: string): boolean {
  return clientMembers.includes(withoutLanguage(name));
}

function withoutLanguage(name: string): string {
  return name.replace(languageTag, '');
}
