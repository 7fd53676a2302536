/**
 * Who gets which events: the endpoints of the declarative file.
 */
import type { WebhookDeclaration } from '../config/schema/api_keys.ts';
import { isEventMeant, noticeTypes } from '../definitions/events.ts';
import { sha256 } from '../digests.ts';
import { secretsOf } from './signature.ts';

export type WebhookEndpoint = {
  /** Its name in the store, which learns neither its URL nor its secrets. */
  id: string;
  url: string;
  /** For logs, because a URL may contain a secret. */
  host: string;
  secrets: readonly Buffer[];
  wants(type: string): boolean;
};

/** Declarations with the same URL are separate endpoints. */
export function endpointsOf(declarations: readonly WebhookDeclaration[]): WebhookEndpoint[] {
  return declarations.map(({ url, secret, events = noticeTypes }, index) => {
    const isSameUrl = (other: WebhookDeclaration) => other.url === url;
    // Its position among those with the same URL, so that new secrets or other endpoints do not change its id.
    const place = declarations.slice(0, index).filter(isSameUrl).length;
    return {
      id: sha256(`${place} ${url}`).slice(0, 22),
      url,
      host: new URL(url).host,
      secrets: secretsOf(secret),
      wants: (type) => events.some((pattern) => isEventMeant(pattern, type)),
    };
  });
}
