/**
 * Status list tokens (Token Status List draft-21): reads one, or says why it is refused. It fetches and stores
 * nothing.
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { type CompactVerifyGetKey, compactVerify } from 'jose';
import { Refusal } from '../errors.ts';

const inflateAsync = promisify(inflate);

export type StatusList = {
  /** Bits per token: 1, 2, 4 or 8. */
  bits: number;
  bytes: Uint8Array;
  /** It contains all revocations up to this time; seconds since the epoch. */
  iat: number;
  /** Seconds between two fetches, as the issuer asks for. */
  ttl: number;
  /** Hash of the issuer's key set. */
  jwks: string | undefined;
  /** The key that signed it. */
  kid: string | undefined;
};

/** Not a valid list of this issuer at this address. `message` is a constant. */
export class ListRefused extends Error {
  override readonly name = 'ListRefused';
}

/** Rejects with ListRefused, or with `keyOf`'s own Refusal if no keys are available. `now` in seconds. */
export async function readStatusList(
  token: Uint8Array,
  {
    uri,
    issuer,
    keyOf,
    now,
    tolerance,
    maxBytes,
  }: {
    uri: string;
    issuer: string;
    /** Finds the issuer's key for a header, and decides on the algorithm. */
    keyOf: CompactVerifyGetKey;
    now: number;
    tolerance: number;
    /** Size limit of the decompressed list. */
    maxBytes: number;
  },
): Promise<StatusList> {
  const { payload, protectedHeader } = await compactVerify(token, keyOf).catch((cause) => {
    // The key was not available, which is not the list's fault.
    if (cause instanceof Refusal && cause.code !== 'unknown_key') throw cause;
    throw new ListRefused('wrong signature', { cause });
  });
  const { typ, kid } = protectedHeader;
  if (typ !== 'statuslist+jwt' && typ !== 'application/statuslist+jwt') {
    throw new ListRefused('wrong typ');
  }
  const claims = parseClaims(payload);
  if (claims.iss !== issuer) throw new ListRefused('wrong issuer');
  if (claims.sub !== uri) throw new ListRefused('of another address');
  const { iat, exp, ttl, jwks } = claims;
  if (!isTime(iat) || iat > now + tolerance) throw new ListRefused('wrong iat');
  if (!isTime(exp) || exp <= now - tolerance) throw new ListRefused('expired');
  const { bits, lst } = (claims.status_list ?? {}) as { bits?: unknown; lst?: unknown };
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) throw new ListRefused('wrong bits');
  if (typeof lst !== 'string' || !/^[\w-]+$/.test(lst)) throw new ListRefused('wrong lst');
  return {
    bits,
    bytes: await decompress(lst, maxBytes),
    iat,
    ttl: isTime(ttl) ? ttl : 1,
    jwks: typeof jwks === 'string' ? jwks : undefined,
    kid,
  };
}

/** The status of one token: 0 is valid (section 7.1); undefined if the list does not reach that far. */
export function statusAt({ bits, bytes }: StatusList, index: number): number | undefined {
  const position = index * bits;
  const byte = bytes[Math.floor(position / 8)];
  return byte === undefined ? undefined : (byte >> (position % 8)) & ((1 << bits) - 1);
}

/**
 * The list to keep once `next` has arrived; undefined if `next` is older than the held one. Two lists of the
 * same second are equally old by their `iat` and either may know more, so whatever one of them revokes stays
 * revoked.
 */
export function newerOf(held: StatusList | undefined, next: StatusList): StatusList | undefined {
  if (!held || next.iat > held.iat) return next;
  if (next.iat < held.iat) return undefined;
  if (next.bits !== held.bits) return next;
  const bytes = Uint8Array.from(next.bytes, (byte, at) => byte | (held.bytes[at] ?? 0));
  return { ...next, bytes };
}

/** Section 4.1: zlib. The output must not exceed `maxBytes`, whatever the data claims. */
async function decompress(lst: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await inflateAsync(Buffer.from(lst, 'base64url'), { maxOutputLength: maxBytes });
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException)?.code === 'ERR_BUFFER_TOO_LARGE';
    throw new ListRefused(tooLarge ? 'too large' : 'not compressed as it must be', { cause });
  }
}

function parseClaims(payload: Uint8Array): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof claims === 'object' && claims !== null) return claims as Record<string, unknown>;
  } catch {
    // Handled below.
  }
  throw new ListRefused('not a JSON object');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
