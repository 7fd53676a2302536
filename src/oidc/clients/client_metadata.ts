/**
 * Clients between the store and the library. It owns how a stored client looks to the library, and what a
 * client that registers itself may not decide for itself.
 */
import type { ClientMetadata, KoaContextWithOIDC } from 'oidc-provider';
import { cameUnasked, describesItself, withAllowed, withinBounds } from '../../clients/room.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { isAdminApi } from '../../definitions/admin_scopes.ts';
import { defaultGrantTypes, openIdScopes } from '../../definitions/oauth.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { ClientRecord, ClientSecretHash } from '../../storage/clients.ts';
import { scopeWords } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';
import { applicationTypeOf, usableRedirects } from './local_redirects.ts';
import { localNames } from './page_client.ts';
import { checkRegistrant } from './registration_checks.ts';
import { isTaken, limitsOfSource, type SourcePolicies, withoutPerson } from './source_limits.ts';

/** Members beyond RFC 7591 that a client carries inside the library. */
export const ownMetadata = [
  'apis',
  'consent',
  'refresh_token_grace',
  'profile',
  'require_pkce',
  'acr',
  'identity_providers',
  'default_scope',
  'id_token_claims',
  'claim_mapping',
  'cors_origins',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
  /** All scopes the client may ask for; `scope` holds only those about people, which the library knows. */
  'allowed_scope',
  /** What an operator allows a client that registered itself; see clients/operator_bounds.ts. */
  'bounds',
  /** How a client came that nobody vouched for; pages tell people. */
  'source',
  ...localNames,
] as const;

/** What a client that registers itself says of itself. */
const ofRegistrant: ReadonlySet<string> = new Set([
  ...['cors_origins', 'frontchannel_logout_uri', 'frontchannel_logout_session_required'],
  ...localNames,
]);

/** Stands before the hashes that the library takes for a client's secret. Secrets themselves never come this way. */
const hashedSecretMark = 'hashed:';

/** The scopes about people in a scope value, OpenID Connect's when it is absent; undefined when there are none. */
function personPart(scope: string | undefined, { names }: ScopeNames): string | undefined {
  const own = scope?.split(' ').filter((name) => names.includes(name)) ?? openIdScopes;
  return own.join(' ') || undefined;
}

type ScopeNames = Pick<PersonScopes, 'names'>;
type StoredMetadata = ClientMetadata & {
  scope?: string;
  profile?: string;
  id_token_claims?: string;
};

/** `policies`: what the operator allows clients that say themselves what they are. */
export function toLibraryMetadata(
  record: ClientRecord,
  scopes: ScopeNames,
  policies?: SourcePolicies,
): ClientMetadata {
  const metadata = holdingMetadata(record, policies);
  const grantTypes: readonly string[] = metadata.grant_types ?? defaultGrantTypes;
  const usesCode = grantTypes.includes('authorization_code');
  const responseTypes = metadata.response_types ?? (usesCode ? ['code'] : []);
  return {
    ...metadata,
    client_id: record.clientId,
    // The command line stores what it is given.
    apis: (metadata.apis as string[] | undefined) ?? [],
    grant_types: grantTypes,
    // The library takes no response type without its grant type (RFC 7591 section 2.1).
    response_types: responseTypes.filter((type) =>
      grantTypes.includes(type === 'code' ? 'authorization_code' : 'implicit'),
    ),
    ...(record.bounds && { bounds: record.bounds }),
    ...(cameUnasked(record.source) && { source: record.source }),
    allowed_scope: metadata.scope,
    // An empty value would let the client ask for every scope; openid alone opens nothing.
    scope: personPart(metadata.scope, scopes) ?? 'openid',
    ...(record.secretHashes.length > 0 && { client_secret: markSecret(record.secretHashes) }),
    // Logout tokens and ID tokens name the session, so that the client can end that one (Back-Channel Logout 2.4).
    ...(metadata.backchannel_logout_uri && { backchannel_logout_session_required: true }),
    ...(metadata.profile === 'fapi2' && {
      ...fapi2Metadata,
      id_token_claims: metadata.id_token_claims ?? 'minimal',
    }),
  } as ClientMetadata;
}

/** One that says itself what it is has no more than is allowed today, to all that came like it or to this one. */
function holdingMetadata(
  record: ClientRecord,
  policies: SourcePolicies | undefined,
): StoredMetadata {
  const { source, metadata, bounds } = record;
  if (!policies || !describesItself(source)) return metadata as StoredMetadata;
  if (!isTaken(record, policies)) return { ...metadata, ...nothing } as unknown as StoredMetadata;
  const holding = withinBounds(metadata, { ...limitsOfSource(source, policies), ...bounds });
  // Whatever the store has: only clients that an operator made may administer.
  const apis = [holding.apis ?? []].flat().filter((api) => !isAdminApi(api));
  return { ...holding, apis } as unknown as StoredMetadata;
}

/** Of a client whose document is not taken any more, whatever an operator allowed it. */
const nothing = { apis: [], scope: '', grant_types: [] };

/** What the FAPI 2.0 Security Profile (section 5.3) asks of a client, whatever it registered. */
const fapi2Metadata = {
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
  id_token_signed_response_alg: 'ES256',
  authorization_signed_response_alg: 'ES256',
};

function markSecret(hashes: ClientSecretHash[]): string {
  return `${hashedSecretMark}${JSON.stringify(hashes)}`;
}

/** The hashes behind what the library takes for a client's secret; undefined when it is a real one. */
export function hashesBehind(secret: string | undefined): ClientSecretHash[] | undefined {
  if (!secret?.startsWith(hashedSecretMark)) return undefined;
  return JSON.parse(secret.slice(hashedSecretMark.length));
}

/**
 * Called by the library for each own member, also while a client registers itself (`ctx` is there only
 * then): what gives power is set by the operator's policy, never by the registrant (RFC 7591 section 5).
 */
export function createMetadataPolicy(declaration: Declaration, scopes: ScopeNames) {
  const { dynamic_registration: registration } = declaration;
  return (
    ctx: KoaContextWithOIDC | undefined,
    key: string,
    _value: unknown,
    metadata: ClientMetadata,
  ) => {
    if (!ctx) return;
    const isOpen = ctx.oidc.route === 'registration' && !ctx.oidc.entities.InitialAccessToken;
    // A client that changes its registration may have been allowed more than others, by itself.
    const bounds = ctx.oidc.client?.bounds as Record<string, unknown> | undefined;
    const most = withAllowed(
      limitsOfSource(isOpen ? 'open' : 'dynamic', declaration),
      bounds ?? {},
    );
    const allowed = scopeWords(most.scope);
    if (key === ownMetadata[0]) {
      const body = isOpen ? asPublicClient(metadata, ctx.oidc.body) : Object(ctx.oidc.body);
      const grantTypes = most.grant_types as string[];
      checkRegistrant(body, metadata, { grantTypes, declaration });
      checkWithin(metadata, bounds);
    }
    if (ofRegistrant.has(key)) return;
    switch (key) {
      case 'apis':
        metadata.apis = most.apis as string[];
        break;
      case 'bounds':
        metadata.bounds = bounds;
        break;
      case 'consent':
        metadata.consent = 'ask';
        break;
      case 'require_pkce':
        metadata.require_pkce = registration.require_pkce;
        break;
      case 'allowed_scope': {
        const { scope } = metadata as { scope?: string };
        const asked = scope?.split(' ') ?? allowed;
        metadata.allowed_scope = asked.filter((name) => allowed.includes(name)).join(' ');
        metadata.scope = personPart(metadata.allowed_scope as string, scopes) ?? 'openid';
        break;
      }
      default:
        // Not a registrant's to choose: the defaults hold.
        metadata[key] = undefined;
    }
  };
}

/**
 * What a client has no use for that nobody vouched for, and what would have Cardea call others, or send people to them,
 * without anybody having signed in.
 */
const notOfStrangers = [
  ...['client_secret', 'client_secret_expires_at', 'jwks', 'jwks_uri'],
  ...['sector_identifier_uri', 'subject_type', 'post_logout_redirect_uris'],
  ...['backchannel_logout_uri', 'frontchannel_logout_uri'],
];

/**
 * Nobody would know whose a secret is, so there is none, and redirect URIs that cannot be used here are left out; the
 * answer says so (RFC 7591 section 3.2.1). Answers the body that such a client would have sent. Throws
 * InvalidClientMetadata for one that has keys.
 */
function asPublicClient(
  metadata: ClientMetadata,
  body: Record<string, unknown> | undefined,
): Record<string, unknown> {
  if (metadata.token_endpoint_auth_method === 'private_key_jwt') {
    throw new errors.InvalidClientMetadata(
      'token_endpoint_auth_method: without an initial access token only none can be registered',
    );
  }
  if (metadata.response_types?.some((type) => type !== 'code')) {
    throw new errors.InvalidClientMetadata(
      'response_types: without an initial access token only code can be registered',
    );
  }
  const unfit = metadata.grant_types?.find((type) => withoutPerson.includes(type));
  if (unfit !== undefined) {
    throw new errors.InvalidClientMetadata(
      `grant_types: ${unfit} cannot be registered without an initial access token`,
    );
  }
  metadata.token_endpoint_auth_method = 'none';
  const redirectUris = usableRedirects(metadata.redirect_uris);
  metadata.redirect_uris = redirectUris as string[];
  const { application_type = applicationTypeOf(redirectUris), ...rest } = body ?? {};
  metadata.application_type = application_type as ClientMetadata['application_type'];
  for (const member of notOfStrangers) delete metadata[member];
  return { ...rest, application_type, redirect_uris: redirectUris };
}

/** An update that leaves no redirect URI of those that the operator allows would leave no client. */
function checkWithin(metadata: ClientMetadata, bounds: Record<string, unknown> | undefined): void {
  const { redirect_uris: left } = withinBounds(metadata, bounds);
  if (!metadata.redirect_uris?.length || (left as unknown[]).length > 0) return;
  throw new errors.InvalidClientMetadata('redirect_uris: the operator allows none of them');
}

/** What registration answers: RFC 7591 names only, and a secret only while it is known. */
export function publicMetadata(body: Record<string, unknown>): Record<string, unknown> {
  const {
    allowed_scope,
    apis,
    consent,
    refresh_token_grace,
    profile,
    require_pkce,
    acr,
    ...others
  } = body;
  const {
    default_scope,
    identity_providers,
    id_token_claims,
    claim_mapping,
    bounds,
    source,
    ...rest
  } = others;
  const answer = publicPart({ ...rest, scope: allowed_scope }, bounds);
  if (hashesBehind(rest.client_secret as string | undefined)) {
    delete answer.client_secret;
    delete answer.client_secret_expires_at;
  }
  return answer;
}

/** What holds of it: an operator's bounds may concern members that are nobody's business but theirs. */
function publicPart(answer: Record<string, unknown>, bounds: unknown): Record<string, unknown> {
  const holding = withinBounds(answer, bounds as Record<string, unknown> | undefined);
  return Object.fromEntries(Object.keys(answer).map((name) => [name, holding[name]]));
}
