/**
 * What the library lets pass in the metadata of a client that registers itself, and should not.
 */
import { type ClientMetadata, errors } from 'oidc-provider';
import { redirectUriMistake } from '../../config/schema/redirect_uris.ts';
import { deeperThan } from '../../http/json_depth.ts';
import { grantTypeLabel } from '../../telemetry/grant_type_labels.ts';

/** The metadata, a key set, its list, a key, a list in it. */
const metadataLevels = 5;
/** Characters of JSON: ten redirect URIs and two keys with certificates. Clients stay, and are kept in memory. */
const longestMetadata = 8 * 1024;

/** Throws InvalidClientMetadata (RFC 7591 section 3.2.2). */
export function checkRegistrant(
  metadata: ClientMetadata,
  { grantTypes }: { grantTypes: readonly string[] },
): void {
  checkRedirects(metadata);
  const asked = [metadata.grant_types ?? 'authorization_code'].flat();
  const excess = asked.find((type) => !grantTypes.includes(type));
  if (excess !== undefined) {
    const name = grantTypeLabel(String(excess));
    throw new errors.InvalidClientMetadata(`grant_types: ${name} cannot be registered here`);
  }
  if (deeperThan(metadata, metadataLevels)) {
    throw new errors.InvalidClientMetadata('client metadata is nested too deeply');
  }
  if (JSON.stringify(metadata).length > longestMetadata) {
    throw new errors.InvalidClientMetadata('client metadata is too large');
  }
}

/** The rules of the declarative file hold for registrants, too; the library allows more. */
function checkRedirects(metadata: ClientMetadata): void {
  for (const member of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    const uris: unknown = metadata[member];
    if (!Array.isArray(uris)) continue;
    for (const uri of uris as unknown[]) {
      // The library compares hosts before it looks whether these are texts.
      const [mistake] =
        typeof uri === 'string' && URL.canParse(uri)
          ? (redirectUriMistake(uri, metadata.application_type === 'native') ?? [])
          : ['is no URI'];
      if (mistake) throw new errors.InvalidClientMetadata(`${member}: one of them ${mistake}`);
    }
  }
}
