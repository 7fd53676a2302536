/**
 * Who gets which events. Those of the declarative file are made here, those of the store in stored_endpoints.ts.
 */
import type { WebhookDeclaration } from '../config/schema/api_keys.ts';
import { type AuditEventType, isEventMeant, noticeTypes } from '../definitions/events.ts';
import { sha256 } from '../digests.ts';
import { secretsOf } from './signature.ts';

export type WebhookEndpoint = {
  /** Its name in the store, which learns neither its URL nor its secrets. */
  id: string;
  url: string;
  /** For logs, because a URL may contain a secret. */
  host: string;
  /** Those that sign a delivery at this time (ms). */
  secretsAt(now: number): readonly Buffer[];
  wants(type: AuditEventType): boolean;
};

/** Declarations with the same URL are separate endpoints. */
export function endpointsOf(declarations: readonly WebhookDeclaration[]): WebhookEndpoint[] {
  return declarations.map(({ url, secret, events = noticeTypes }, index) => {
    const isSameUrl = (other: WebhookDeclaration) => other.url === url;
    // Its position among those with the same URL, so that new secrets or other endpoints do not change its id.
    const place = declarations.slice(0, index).filter(isSameUrl).length;
    const secrets = secretsOf(secret);
    return {
      id: sha256(`${place} ${url}`).slice(0, 22),
      url,
      host: new URL(url).host,
      secretsAt: () => secrets,
      wants: (type) => wants(events, type),
    };
  });
}

/** `events`: patterns; undefined: those of notices. */
export function wants(events: readonly string[] | undefined, type: AuditEventType): boolean {
  return (events ?? noticeTypes).some((pattern) => isEventMeant(pattern, type));
}
