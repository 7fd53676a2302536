/**
 * What a request without a valid credential is told to send (RFC 6750 section 3, RFC 9449 section 7.1).
 */
import { adminApi } from '../definitions/admin_scopes.ts';
import { proofAlgorithms } from '../definitions/oauth.ts';

/** The `error` of the challenge, by the code of the error. */
const errors: Readonly<Record<string, string>> = {
  invalid_token: 'invalid_token',
  proof_required: 'invalid_token',
  invalid_dpop_proof: 'invalid_dpop_proof',
  use_dpop_nonce: 'use_dpop_nonce',
};
const onlyWithProof = new Set(['proof_required', 'invalid_dpop_proof', 'use_dpop_nonce']);

/** The value of WWW-Authenticate. `code`: of a CardeaError with status 401. */
export function challengeFor(code: string): string {
  const error = errors[code];
  const asked = `realm="${adminApi}"${error === undefined ? '' : `, error="${error}"`}`;
  const algorithms = `algs="${proofAlgorithms.join(' ')}"`;
  if (onlyWithProof.has(code)) return `DPoP ${asked}, ${algorithms}`;
  return `Bearer ${asked}, DPoP ${algorithms}`;
}
