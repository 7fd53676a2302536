/**
 * The checks of a client that registers itself, or changes its registration: those of every client, and what holds
 * for strangers besides.
 */
import type { ClientMetadata } from 'oidc-provider';
import { operatorsPart } from '../../clients/room.ts';
import { clientProblems, clientSentences } from '../../config/client_problems.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { needsSecret } from '../../definitions/oauth.ts';
import { deeperThan } from '../../http/json_depth.ts';
import { grantTypeLabel } from '../../telemetry/grant_type_labels.ts';
import { errors } from '../engine/library.ts';

/** The metadata, a key set, its list, a key, a list in it. */
const metadataLevels = 5;
/** Characters of JSON: ten redirect URIs and two keys with certificates. Clients stay, and are kept in memory. */
const longestMetadata = 8 * 1024;
/** Mistakes in one answer. */
const mostProblems = 5;

/**
 * `body`: what the client sent; `metadata`: that with the library's defaults. Throws InvalidClientMetadata, whose code
 * is `invalid_redirect_uri` where its text begins so (RFC 7591 section 3.2.2).
 */
export function checkRegistrant(
  body: Readonly<Record<string, unknown>>,
  metadata: ClientMetadata,
  { grantTypes, declaration }: { grantTypes: readonly string[]; declaration: Declaration },
): void {
  // Before anything that takes time for each member.
  if (deeperThan(metadata, metadataLevels)) {
    throw new errors.InvalidClientMetadata('client metadata is nested too deeply');
  }
  if (JSON.stringify(metadata).length > longestMetadata) {
    throw new errors.InvalidClientMetadata('client metadata is too large');
  }
  checkAsAnyClient(body, declaration);
  const asked = [metadata.grant_types ?? 'authorization_code'].flat();
  const excess = asked.find((type) => !grantTypes.includes(type));
  if (excess !== undefined) {
    const name = grantTypeLabel(String(excess));
    throw new errors.InvalidClientMetadata(`grant_types: ${name} cannot be registered here`);
  }
}

/**
 * By the rules of the declarative file, but of what is not the registrant's to choose nothing is looked at: it has no
 * effect. Members that Cardea does not know have none either (RFC 7591 section 2).
 */
function checkAsAnyClient(body: Readonly<Record<string, unknown>>, declaration: Declaration): void {
  const { implicit } = declaration.dynamic_registration;
  const { response_types } = body;
  const members: Record<string, unknown> = {
    ...operatorsPart(body),
    ...(!implicit && { response_types }),
  };
  const { client_id, client_secret, scope, apis, consent, profile, ...others } = members;
  const { refresh_token_grace, require_pkce, acr, default_scope, id_token_claims, ...rest } =
    others;
  const { claim_mapping, identity_providers, project, ...metadata } = rest;
  const problems = clientProblems(
    {
      clientId: 'registrant',
      // Scopes beyond those that are allowed are left out (section 3.2.1), not refused.
      metadata: { ...metadata, ...(typeof scope !== 'string' && { scope }) },
      hasSecret: needsSecret(metadata.token_endpoint_auth_method),
    },
    declaration,
  );
  if (problems.length === 0) return;
  const text = clientSentences(problems.slice(0, mostProblems)).join(' ');
  throw new errors.InvalidClientMetadata(text);
}
