/**
 * What a metadata document may say of its client, and how it becomes the metadata of one. What gives power is the
 * operator's policy, as for clients that register (source_limits.ts).
 */
import type { ClientMetadata, Provider } from 'oidc-provider';
import type { Declaration } from '../../../config/schema/declaration.ts';
import { needsSecret } from '../../../definitions/oauth.ts';
import { errors } from '../../engine/library.ts';
import { buildDocumentClient } from '../../engine/private_members.ts';
import { applicationTypeOf, usableRedirects } from '../local_redirects.ts';
import { localNames } from '../page_client.ts';
import { checkRegistrant } from '../registration_checks.ts';
import { limitsOfSource } from '../source_limits.ts';
import { unusableDocument } from './unusable_document.ts';

/** RFC 7591 section 2, and of OpenID Connect what concerns nobody else. Others have no effect. */
const members = [
  'client_name',
  ...localNames,
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
  'redirect_uris',
  'grant_types',
  'response_types',
  'application_type',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  'id_token_signed_response_alg',
  'default_max_age',
] as const;

/**
 * Metadata by which the other side leaves the choice to the server (OpenID Connect Relying Party Metadata Choices 1.0);
 * the engine chooses.
 */
const choices = [
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'id_token_signing_alg_values_supported',
] as const;

const pages = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const;

type Properties = Readonly<Record<string, unknown>>;

/** Throws the library's InvalidClient with what is wrong. */
export type ReadDocument = (clientId: string, properties: Properties) => Record<string, unknown>;

export function createReadDocument({
  provider,
  declaration,
}: {
  provider: () => Provider;
  declaration: Declaration;
}): ReadDocument {
  return function readDocument(clientId, properties) {
    const grantTypes = limitsOfSource('document', declaration).grant_types as string[];
    checkSecrets(properties);
    const stated = statedBy(properties, grantTypes);
    if (isList(stated.grant_types) && stated.grant_types.length === 0) {
      throw unusableDocument('its grant_types has none that a client like it may have here');
    }
    try {
      const { scope } = properties;
      checkRegistrant(stated, { ...stated, scope } as ClientMetadata, { grantTypes, declaration });
      const built = buildDocumentClient(provider(), { ...stated, client_id: clientId }).metadata();
      return {
        ...pick(built, members),
        // Scopes that nobody knows are left out later, like those that are not allowed.
        ...(typeof properties.scope === 'string' && { scope: properties.scope }),
      };
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      throw unusableDocument(`its ${error.error_description ?? error.message}`);
    }
  };
}

/** What is left of a document when what Cardea does not know, or leaves out, is gone. */
function statedBy(properties: Properties, grantTypes: readonly string[]): Record<string, unknown> {
  const { grant_types: types, redirect_uris: uris, application_type: type } = properties;
  const { token_endpoint_auth_methods_supported: methods } = properties;
  const redirectUris = usableRedirects(uris);
  const stated = {
    ...pick(properties, [...members, ...choices]),
    redirect_uris: redirectUris,
    application_type: type ?? applicationTypeOf(redirectUris),
    ...(isList(types) && {
      grant_types: types.filter((each) => grantTypes.includes(each as string)),
    }),
    ...(isList(methods) && {
      token_endpoint_auth_methods_supported: methods.filter((method) => !needsSecret(method)),
    }),
    ...(properties.token_endpoint_auth_method === undefined &&
      methods === undefined && { token_endpoint_auth_method: 'none' }),
  };
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
}

/** Section 4.1: a public document has no shared secret. */
function checkSecrets(properties: Properties): void {
  if ('client_secret' in properties || 'client_secret_expires_at' in properties) {
    throw unusableDocument('it has a client_secret');
  }
  const { token_endpoint_auth_method: method } = properties;
  if (method !== undefined && needsSecret(method)) {
    throw unusableDocument('its token_endpoint_auth_method needs a secret');
  }
  const plain = pages.find((page) => page in properties && !isHttps(properties[page]));
  if (plain) throw unusableDocument(`its ${plain} is no https URL`);
}

function isHttps(value: unknown): boolean {
  return typeof value === 'string' && URL.parse(value)?.protocol === 'https:';
}

function pick(from: Properties, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])),
  );
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
