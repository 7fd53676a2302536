/**
 * Which client ids are the address of a metadata document (OAuth Client ID Metadata Document section 3), and whose
 * documents the operator takes.
 */
import type { Declaration } from '../../../config/schema/declaration.ts';
import { maxLength } from '../../../definitions/lengths.ts';
import { isDocumentUrl } from '../../engine/library_parts.ts';

type Policy = Pick<Declaration['client_id_metadata'], 'enabled' | 'domains'>;

/** Whether the client id may name a document today. */
export function isTakenDocument(clientId: string, { enabled, domains }: Policy): boolean {
  if (!enabled || clientId.length > maxLength.uri || !isDocumentUrl(clientId)) return false;
  const host = URL.parse(clientId)?.hostname ?? '';
  return domains.length === 0 || domains.some((domain) => isWithin(host, domain));
}

function isWithin(host: string, domain: string): boolean {
  return domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : host === domain;
}
