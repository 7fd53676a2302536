/**
 * The `WWW-Authenticate` header of a refusal: RFC 6750 section 3, RFC 9449 section 7.1, RFC 9470 section 3 and RFC 9728
 * section 5.1. Built only from configured values and constants.
 */
import { type ErrorCode, type Failure, failures } from '../errors.ts';
import { acrOf, type SignInOptions } from '../sign_ins.ts';

export type Scheme = 'Bearer' | 'DPoP';

export type Challenges = (
  code: ErrorCode,
  context: { scheme: Scheme | undefined; scopes: readonly string[]; signIn: SignInOptions },
) => string | undefined;

/** Only DPoP helps with these, whatever scheme the client used. */
const needsProof: ReadonlySet<ErrorCode> = new Set(['proof_missing', 'binding_required']);

export function createChallenges({
  realm,
  resourceMetadata,
  proofAlgorithms,
  proofRequired,
  challengeScopes,
}: {
  realm: string;
  /** URL of the RFC 9728 document. */
  resourceMetadata: string | undefined;
  /** Empty: DPoP is not offered. */
  proofAlgorithms: readonly string[];
  proofRequired: boolean;
  /** What a 401 names besides the scopes that the request needs. */
  challengeScopes: readonly string[];
}): Challenges {
  const algs = parameter('algs', proofAlgorithms.join(' '));
  const offersProof = proofAlgorithms.length > 0;

  return (code, { scheme, scopes, signIn }) => {
    const { status, description, error }: Failure = failures[code];
    if (status === 429 || status === 503) return undefined;
    const parameters = [parameter('realm', realm)];
    const named = namedScopes(status, error, { scopes, challengeScopes });
    if (named.length > 0) parameters.push(parameter('scope', named.join(' ')));
    if (error !== undefined) {
      parameters.push(parameter('error', error), parameter('error_description', description));
    }
    if (error === 'insufficient_user_authentication') parameters.push(...signInParameters(signIn));
    if (resourceMetadata !== undefined) {
      parameters.push(parameter('resource_metadata', resourceMetadata));
    }
    const asked = parameters.join(', ');
    if (!offersProof) return `Bearer ${asked}`;
    const onlyProof = scheme === 'DPoP' && code !== 'token_not_bound';
    if (proofRequired || onlyProof || needsProof.has(code)) return `DPoP ${asked}, ${algs}`;
    return `Bearer ${asked}, DPoP ${algs}`;
  };
}

/** RFC 9470 section 3. */
function signInParameters({ acr, max_age: maxAge }: SignInOptions): string[] {
  return [
    ...(acr === undefined ? [] : [parameter('acr_values', acrOf(acr))]),
    ...(maxAge === undefined ? [] : [parameter('max_age', String(maxAge))]),
  ];
}

/** Another token is the way on. */
const tokenErrors: readonly string[] = ['invalid_token', 'insufficient_user_authentication'];

/**
 * Where a new token helps, the challenge says with which scopes (RFC 6750 section 3). MCP clients ask for exactly those.
 */
function namedScopes(
  status: Failure['status'],
  error: Failure['error'],
  { scopes, challengeScopes }: Record<'scopes' | 'challengeScopes', readonly string[]>,
): readonly string[] {
  if (status === 403) return scopes;
  const needsToken = error === undefined || tokenErrors.includes(error);
  return needsToken ? [...new Set([...challengeScopes, ...scopes])] : [];
}

/** An auth-param (RFC 9110 section 11.2). Characters that RFC 6750 section 3 does not allow are removed. */
function parameter(name: string, value: string): string {
  return `${name}="${value.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`;
}
