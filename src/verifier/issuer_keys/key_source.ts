/** Fetches the issuer's description and key set. It keeps the description, not the keys. */
import type { Settings } from '../options.ts';
import type { Http } from '../requests/issuer_requests.ts';
import { type KeySet, readKeySet } from './key_set.ts';
import { type IssuerMetadata, readIssuerMetadata } from './metadata.ts';

export type FetchedKeys = {
  set: KeySet;
  etag: string | undefined;
  /** Milliseconds that the issuer lets it be used without asking; undefined: it does not say. */
  maxAgeMs: number | undefined;
};

/**
 * Undefined: unchanged since `etag`. Rejects when nothing usable came. `anew`: caches on the way may hold an
 * outdated one.
 */
export type KeySource = (
  etag: string | undefined,
  anew: boolean,
) => Promise<FetchedKeys | undefined>;

/** Not older than this when keys are fetched. */
const metadataFreshMs = 60_000;
const maxBytes = 262_144;

export function createKeySource({ settings, http }: { settings: Settings; http: Http }): KeySource {
  /** `readAt` is of the monotonic clock. */
  let metadata: { value: IssuerMetadata; readAt: number } | undefined;

  const readMetadata = async () => {
    const value = await readIssuerMetadata(http, settings);
    metadata = { value, readAt: performance.now() };
    return value;
  };

  const currentMetadata = async () => {
    if (metadata && performance.now() - metadata.readAt < metadataFreshMs) return metadata.value;
    return readMetadata().catch((failure) => {
      if (metadata) return metadata.value;
      throw failure;
    });
  };

  return async function fetchKeys(etag, anew) {
    const startedAt = performance.now();
    const { jwksUri, algorithms } = await currentMetadata();
    const { status, headers, body } = await http.get(jwksUri, {
      headers: {
        accept: 'application/jwk-set+json, application/json',
        ...(anew && { 'cache-control': 'no-cache' }),
        ...(etag !== undefined && { 'if-none-match': etag }),
      },
      timeoutMs: settings.timeoutMs,
      maxBytes,
    });
    if (status === 304 && etag !== undefined) return undefined;
    if (status !== 200) throw new Error(`the key set answered ${status}`);
    let set = await readKeySet(body, algorithms);
    // A new algorithm is met with its first key: the description at hand may not name it yet.
    if (set.hasOthers && metadata && metadata.readAt < startedAt) {
      set = await readKeySet(body, (await readMetadata()).algorithms);
    }
    const maxAge = /(?:^|[\s,])max-age=(\d{1,8})/.exec(headers.get('cache-control') ?? '')?.[1];
    return {
      set,
      etag: headers.get('etag') ?? undefined,
      maxAgeMs: maxAge === undefined ? undefined : 1000 * Number(maxAge),
    };
  };
}
