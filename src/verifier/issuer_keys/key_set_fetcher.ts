/**
 * Fetches the issuer's metadata and key set. It caches the metadata, not the keys.
 */
import type { VerifierSettings } from '../options.ts';
import type { IssuerHttp } from '../requests/issuer_requests.ts';
import { type KeySet, readKeySet } from './key_set.ts';
import { type IssuerMetadata, readIssuerMetadata } from './metadata.ts';

type FetchedKeys = {
  set: KeySet;
  etag: string | undefined;
  /**
   * How long the issuer allows the set to be used without asking, in milliseconds; undefined if it does not
   * say.
   */
  maxAgeMs: number | undefined;
};

/**
 * Undefined: unchanged since `etag`. Rejects if nothing usable came. `anew`: bypass caches on the way, which
 * may hold an outdated set.
 */
export type FetchKeySet = (
  etag: string | undefined,
  anew: boolean,
) => Promise<FetchedKeys | undefined>;

/** Metadata older than this is read again when keys are fetched. */
const metadataFreshMs = 60_000;
const maxKeySetBytes = 262_144;

export function createKeySetFetcher({
  settings,
  http,
}: {
  settings: VerifierSettings;
  http: IssuerHttp;
}): FetchKeySet {
  /** `readAt` is on the monotonic clock. */
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
      maxBytes: maxKeySetBytes,
    });
    if (status === 304 && etag !== undefined) return undefined;
    if (status !== 200) throw new Error(`the key set answered ${status}`);
    let set = await readKeySet(body, algorithms);
    // A new algorithm appears together with its first key: the cached metadata may not list it yet.
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
