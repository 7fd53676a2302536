/**
 * Who is told of what: the endpoints of the declarative file.
 */
import type { WebhookDeclaration } from '../config/schema/api_keys.ts';
import { sha256 } from '../digests.ts';
import { secretsOf } from './signature.ts';

export type Endpoint = {
  /** Names it in the store, which learns neither its address nor its secrets. */
  id: string;
  url: string;
  /** For logs: an address may hold a secret. */
  host: string;
  secrets: readonly Buffer[];
  wants(type: string): boolean;
};

/** Declarations with the same URL are endpoints of their own. */
export function endpointsOf(declarations: readonly WebhookDeclaration[]): Endpoint[] {
  return declarations.map(({ url, secret, events }, index) => {
    const isSameUrl = (other: WebhookDeclaration) => other.url === url;
    // By its place among those with this URL: neither new secrets nor other endpoints make it another.
    const place = declarations.slice(0, index).filter(isSameUrl).length;
    return {
      id: sha256(`${place} ${url}`).slice(0, 22),
      url,
      host: new URL(url).host,
      secrets: secretsOf(secret),
      wants: (type) => events?.some((pattern) => matches(pattern, type)) ?? true,
    };
  });
}

/** `api_key.leaked`, or `api_key.*` for all that begin so. */
function matches(pattern: string, type: string): boolean {
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
