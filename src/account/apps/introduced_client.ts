/**
 * A client that people have given access, as pages introduce it: by its own words, and whether anybody vouches for them.
 */
import type { Locale } from '../../definitions/locales.ts';
import type { PageClient } from '../../pages/page_data.ts';
import type { ClientRecord } from '../../storage/clients.ts';

export function introduce(
  { clientId, metadata, source }: Pick<ClientRecord, 'clientId' | 'metadata' | 'source'>,
  locale: Locale,
): PageClient {
  const text = (name: string) => {
    const value = metadata[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    name: text(`client_name#${locale}`) ?? text('client_name') ?? clientId,
    policyUrl: text('policy_uri'),
    termsUrl: text('tos_uri'),
    ...(source === 'document' && { documentHost: URL.parse(clientId)?.host }),
    ...((source === 'open' || source === 'dynamic') && { caution: 'unchecked' }),
  };
}
