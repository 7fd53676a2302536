/**
 * The endpoints that operators make while the server runs: one document. Their secrets are sealed, as each delivery is
 * signed with them; a stolen store signs nothing. Every process follows the document.
 */
import { copyMarker } from '../caching/change_markers.ts';
import { followCopy } from '../caching/followed_copy.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/room.ts';
import { updateDocument } from '../storage/change_document.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { type WebhookEndpoint, wants } from './endpoints.ts';
import { secretsOf } from './signature.ts';

/** Times in milliseconds since the epoch. */
export type SealedSecret = { sealed: string; createdAt: number; expiresAt?: number | undefined };

export type StoredEndpoint = {
  /** Random, never reused. */
  id: string;
  url: string;
  /** Absent: all. */
  events?: string[] | undefined;
  description?: string | undefined;
  /** The newest first; each signs until it expires. */
  secrets: SealedSecret[];
  disabledAt?: number | undefined;
  createdAt: number;
  updatedAt: number;
  /** Grows by 1 with each change; starts at 1. */
  version: number;
};

export type EndpointsDocument = { endpoints: StoredEndpoint[] };

export const endpointsDocument = 'webhooks';
const purpose = 'webhook secret';

export function sealSecret(secrets: Pick<Secrets, 'seal'>, secret: string, now: number) {
  return { sealed: secrets.seal(purpose, secret), createdAt: now };
}

/** Throws CardeaError `cannot_unseal`. */
export function toEndpoint(
  { id, url, events, secrets: sealed }: StoredEndpoint,
  secrets: Pick<Secrets, 'open'>,
): WebhookEndpoint {
  const opened = sealed.map(({ sealed: text, expiresAt = Number.POSITIVE_INFINITY }) => ({
    ...{ expiresAt, bytes: secretsOf(secrets.open(purpose, text).toString()) },
  }));
  return {
    ...{ id, url, host: new URL(url).host },
    secretsAt: (now) => opened.flatMap(({ expiresAt, bytes }) => (expiresAt > now ? bytes : [])),
    wants: (type) => wants(events, type),
  };
}

/** Hands the enabled endpoints over, from the watch's next catchUp() on. */
export function followStoredEndpoints({
  documents,
  secrets,
  adopt,
  watch,
  clock,
  log,
}: {
  documents: DocumentStore;
  secrets: Secrets;
  adopt: (endpoints: readonly WebhookEndpoint[]) => void;
  watch: MarkerWatch;
  clock: Clock;
  log: { error(fields: object, message: string): void };
}): void {
  let version = 0;
  const open = (stored: StoredEndpoint): WebhookEndpoint[] => {
    if (stored.disabledAt !== undefined) return [];
    try {
      return [toEndpoint(stored, secrets)];
    } catch (error) {
      // The others still get their events.
      log.error({ err: error, webhook: stored.id }, 'the secret of a webhook cannot be opened');
      return [];
    }
  };
  followCopy({
    ...{ watch, clock, name: copyMarker('webhooks') },
    async read() {
      const found = await documents.get<EndpointsDocument>(endpointsDocument);
      if (!found || found.version === version) return;
      version = found.version;
      adopt(found.value.endpoints.flatMap(open));
    },
  });
}

/**
 * Seals with the first master secret what an older one has sealed, so that the older one can go. What none of them opens
 * stays as it is.
 */
export async function resealEndpoints(documents: DocumentStore, secrets: Secrets): Promise<void> {
  const found = await documents.get<EndpointsDocument>(endpointsDocument);
  if (!found?.value.endpoints.some(({ secrets: all }) => all.some(isOld))) return;
  await updateDocument<EndpointsDocument>(documents, endpointsDocument, (value) => ({
    endpoints: (value?.endpoints ?? []).map((endpoint) => ({
      ...endpoint,
      secrets: endpoint.secrets.map(reseal),
    })),
  }));

  function isOld({ sealed }: SealedSecret): boolean {
    return !secrets.sealedByFirst(sealed);
  }

  function reseal(secret: SealedSecret): SealedSecret {
    if (!isOld(secret)) return secret;
    try {
      return {
        ...secret,
        sealed: secrets.seal(purpose, secrets.open(purpose, secret.sealed).toString()),
      };
    } catch {
      return secret;
    }
  }
}
