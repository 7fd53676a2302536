/**
 * The description of this API for OAuth clients: RFC 9728.
 */
import { isNonEmptyString } from '../value_checks.ts';

export type ResourceMetadataOptions = {
  /** The API's resource identifier: an https URL without a fragment (RFC 9728 section 1.2). */
  resource: string;
  scopes_supported?: readonly string[];
  resource_name?: string;
  resource_documentation?: string;
  resource_policy_uri?: string;
  resource_tos_uri?: string;
  /** Whether the API accepts tokens bound to a client certificate (RFC 8705). */
  tls_client_certificate_bound_access_tokens?: boolean;
};

export type ResourceMetadata = {
  /** Where clients look for it (RFC 9728 section 3.1). */
  url: string;
  /** The path of `url`, at which to serve it. */
  path: string;
  document: Readonly<Record<string, unknown>>;
  /** `document` as the body to serve, with type `application/json`. */
  body: string;
};

const textMembers = [
  'resource_name',
  'resource_documentation',
  'resource_policy_uri',
  'resource_tos_uri',
] as const;
const wellKnown = '/.well-known/oauth-protected-resource';

/** What is wrong with the option, one sentence per mistake. */
export function metadataMistakes(given: unknown): string[] {
  if (given === undefined) return [];
  if (typeof given !== 'object' || given === null) return ['resource_metadata must be an object'];
  const options = given as Record<string, unknown>;
  const { resource, scopes_supported: scopes } = options;
  const mistakes: string[] = [];
  const isUrl = typeof resource === 'string' && /^https?:\/\/[^#]+$/.test(resource);
  if (!isUrl || !URL.canParse(resource)) {
    mistakes.push('resource_metadata.resource must be an https URL without fragment');
  }
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every(isNonEmptyString))) {
    mistakes.push('resource_metadata.scopes_supported must be an array of texts');
  }
  for (const name of textMembers) {
    if (options[name] !== undefined && !isNonEmptyString(options[name])) {
      mistakes.push(`resource_metadata.${name} must be a text`);
    }
  }
  return mistakes;
}

/** `proofAlgorithms`: empty if the API accepts no DPoP-bound tokens. */
export function buildResourceMetadata(
  options: ResourceMetadataOptions,
  {
    issuer,
    proofAlgorithms,
    proofRequired,
  }: { issuer: string; proofAlgorithms: readonly string[]; proofRequired: boolean },
): ResourceMetadata {
  const { resource, ...described } = options;
  const { origin, pathname, search } = new URL(resource);
  // The well-known part goes between host and path; a path that is just a slash is omitted (section 3.1).
  const path = `${wellKnown}${pathname === '/' ? '' : pathname}`;
  const document = {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...described,
    ...(proofAlgorithms.length > 0 && {
      dpop_signing_alg_values_supported: proofAlgorithms,
      dpop_bound_access_tokens_required: proofRequired,
    }),
  };
  return { url: `${origin}${path}${search}`, path, document, body: JSON.stringify(document) };
}
