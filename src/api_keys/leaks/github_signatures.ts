/**
 * Whether a report comes from GitHub: an ECDSA P-256 signature with SHA-256 over the bytes of the body, by a
 * key that GitHub publishes (docs.github.com, "Secret scanning partner program").
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { dayMs, hourMs } from '../../definitions/units.ts';
import { CardeaError } from '../../errors.ts';

export type GithubSignatures = {
  /**
   * `keyId`, `signature`: the two headers. The body is read only once the public key is known to exist. Throws
   * CardeaError `github_keys_unavailable` (503) if GitHub's keys cannot be fetched, and whatever `readBody`
   * throws.
   */
  isFromGithub(
    readBody: () => Promise<Buffer>,
    given: { keyId: string; signature: string },
  ): Promise<boolean>;
};

type GithubKeys = {
  byId: ReadonlyMap<string, KeyObject>;
  /** Milliseconds since the epoch. */
  fetchedAt: number;
};

/** Keys this old (ms) are fetched again. */
const refreshAfterMs = hourMs;
/** Keys that cannot be fetched again are trusted for this long (ms). */
const trustedForMs = dayMs;
/** Strangers can trigger a fetch by sending an unknown key id, but not more often than this (ms). */
const cooldownMs = 60_000;

const keysSchema = z.object({
  public_keys: z.array(z.object({ key_identifier: z.string(), key: z.string() })).max(100),
});

export function createGithubSignatures({
  url,
  fetch,
  clock,
  log,
}: {
  /** `api_keys.leaks.github_keys_url`. */
  url: string;
  /** See net/outbound.ts. */
  fetch: typeof globalThis.fetch;
  clock: Clock;
  log: Record<'warn', (fields: object, message: string) => void>;
}): GithubSignatures {
  let known: GithubKeys = { byId: new Map(), fetchedAt: 0 };
  let triedAt = 0;
  let fetching: Promise<void> | undefined;

  const fetchKeys = async () => {
    triedAt = clock.now();
    try {
      const response = await fetch(url, { headers: { accept: 'application/json' } });
      if (!response.ok) {
        await response.body?.cancel();
        throw new Error(`status ${response.status}`);
      }
      const { public_keys } = keysSchema.parse(await response.json());
      const byId = public_keys.flatMap(({ key_identifier, key }): [string, KeyObject][] => {
        const parsed = parsePublicKey(key);
        return parsed ? [[key_identifier, parsed]] : [];
      });
      known = { byId: new Map(byId), fetchedAt: clock.now() };
    } catch (error) {
      log.warn({ err: error }, 'the keys of GitHub cannot be fetched');
    }
  };

  const refresh = async () => {
    if (!fetching && clock.now() - triedAt < cooldownMs) return;
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined;
    });
    await fetching;
  };

  const publicKeyFor = async (id: string): Promise<KeyObject | undefined> => {
    if (!known.byId.has(id) || clock.now() - known.fetchedAt > refreshAfterMs) await refresh();
    if (clock.now() - known.fetchedAt > trustedForMs) throw keysUnavailable();
    return known.byId.get(id);
  };

  return {
    async isFromGithub(readBody, { keyId, signature }) {
      const key = await publicKeyFor(keyId);
      if (!key) return false;
      const proof = Buffer.from(signature, 'base64');
      return verify('sha256', await readBody(), { key, dsaEncoding: 'der' }, proof);
    },
  };
}

/** Undefined for anything but a P-256 public key. */
function parsePublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

function keysUnavailable(): CardeaError {
  return new CardeaError({
    code: 'github_keys_unavailable',
    status: 503,
    message: "GitHub's public keys are not available at the moment. Send the report again.",
    retryAfter: 60,
  });
}
