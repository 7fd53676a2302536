/**
 * DPoP proofs: the checks of RFC 9449 section 4.3, each with its number there. A proof's own key proves nothing
 * unless it is the one the token is bound to.
 */
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { DpopOptions } from '../options.ts';
import { sha256 } from '../sha256.ts';
import type { ReplayCache } from './replay_cache.ts';
import { normaliseTarget } from './target_uri.ts';

export type ProofContext = {
  proof: string;
  /** Thumbprint of the key that the token is bound to. */
  jkt: string;
  token: string;
  method: string | undefined;
  /** Normalised. */
  targets: readonly string[];
  /** Seconds since the epoch. */
  now: number;
};

const maxProofLength = 8192;
const maxJtiLength = 512;
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** Verification time grows faster than linearly with these: at most RSA 4096 with a 32-bit exponent. */
const maxModulusLength = 683;
const maxExponentLength = 6;

export type ProofRules = {
  options: Required<DpopOptions>;
  /** Seconds. */
  tolerance: number;
  replays: ReplayCache;
};

/** Throws Refusal. A proof is remembered only after all other checks have passed. */
export async function checkProof(context: ProofContext, rules: ProofRules): Promise<void> {
  try {
    await runChecks(context, rules);
  } catch (cause) {
    throw cause instanceof Refusal ? cause : new Refusal('proof_invalid', cause);
  }
}

async function runChecks(
  { proof, jkt, token, method, targets, now }: ProofContext,
  { options, tolerance, replays }: ProofRules,
): Promise<void> {
  // 1 and 2: exactly one proof. Two headers arrive joined by a comma, which no JWT contains.
  demand(proof.length <= maxProofLength && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(proof), 'proof_invalid');
  const { alg, jwk } = readHeader(proof, options.algorithms);
  // 12, second half: before any cryptography with a key that the caller chose.
  demand((await calculateJwkThumbprint(jwk)) === jkt, 'proof_key_mismatch');
  // 6
  const { jti, htm, htu, iat, ath } = await verifySignature(proof, jwk, alg);
  // 3
  demand(typeof jti === 'string' && jti !== '' && jti.length <= maxJtiLength, 'proof_invalid');
  demand(typeof iat === 'number' && Number.isFinite(iat), 'proof_invalid');
  // 8
  demand(typeof htm === 'string' && htm === method, 'proof_mismatch');
  // 9
  const target = typeof htu === 'string' ? normaliseTarget(htu) : undefined;
  demand(target !== undefined && targets.includes(target), 'proof_mismatch');
  // 11
  demand(iat <= now + tolerance && iat >= now - options.max_age - tolerance, 'proof_expired');
  // 12, first half
  demand(ath === sha256(token), 'proof_mismatch');
  const novelty = replays.add(jkt, jti, now);
  demand(novelty !== 'full', 'replay_unavailable');
  demand(novelty === 'new', 'proof_replayed');
}

/** 4, 5 and 7: type, algorithm and a public key. */
function readHeader(proof: string, algorithms: readonly string[]): { alg: string; jwk: JWK } {
  const { typ, alg, jwk } = decodeProtectedHeader(proof);
  demand(typ === 'dpop+jwt', 'proof_invalid');
  demand(typeof alg === 'string' && algorithms.includes(alg), 'proof_invalid');
  demand(typeof jwk === 'object' && jwk !== null, 'proof_invalid');
  demand(!privateMembers.some((member) => Object.hasOwn(jwk, member)), 'proof_invalid');
  const { kty, crv, x, y, n, e } = jwk;
  const isBounded = (n?.length ?? 0) <= maxModulusLength && (e?.length ?? 0) <= maxExponentLength;
  demand(isBounded, 'proof_invalid');
  return { alg, jwk: JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JWK };
}

async function verifySignature(proof: string, jwk: JWK, alg: string): Promise<JWTPayload> {
  const key = await importJWK(jwk, alg);
  const { payload } = await jwtVerify(proof, key, { algorithms: [alg] });
  return payload;
}

function demand(right: boolean, code: ErrorCode): asserts right {
  if (!right) throw new Refusal(code);
}
