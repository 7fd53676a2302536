/**
 * What the operator allows clients that say themselves what they are, by how they came to be.
 */
import type { OwnSource } from '../../clients/room.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { tokenExchange } from '../../definitions/oauth.ts';
import type { ClientRecord } from '../../storage/clients.ts';
import { isTakenDocument } from './documents/document_urls.ts';

export type SourcePolicies = Pick<Declaration, 'dynamic_registration' | 'client_id_metadata'>;

/** Of documents: each needs a person, in a browser. */
const documentGrantTypes = ['authorization_code', 'refresh_token'];
/** Grant types that give a client tokens of its own, or of others' making. */
export const withoutPerson: readonly string[] = ['client_credentials', tokenExchange];

/** The bounds on a client's metadata (clients/operator_bounds.ts), but for those of its own. */
export function limitsOfSource(
  source: OwnSource,
  { dynamic_registration: registration, client_id_metadata: documents }: SourcePolicies,
): Record<string, unknown> {
  switch (source) {
    case 'dynamic':
      return limitsOfRegistered(registration);
    case 'open':
      return limitsOfOpen(registration);
    case 'document': {
      const { apis, scope, refresh_token_grace } = documents;
      return { apis, scope, grant_types: documentGrantTypes, refresh_token_grace };
    }
  }
}

/** False for a client whose document the operator does not take any more. */
export function isTaken(
  { source, clientId }: Pick<ClientRecord, 'source' | 'clientId'>,
  { client_id_metadata: documents }: SourcePolicies,
): boolean {
  return source !== 'document' || isTakenDocument(clientId, documents);
}

type Registration = SourcePolicies['dynamic_registration'];

function limitsOfRegistered({ apis, scope, grant_types, implicit }: Registration) {
  return { apis, scope, grant_types: [...grant_types, ...(implicit ? ['implicit'] : [])] };
}

function limitsOfOpen({ apis, scope, grant_types, refresh_token_grace }: Registration) {
  const types = grant_types.filter((type) => !withoutPerson.includes(type));
  return { apis, scope, grant_types: types, refresh_token_grace };
}
