/**
 * What a person has proven in a sign-in, and what that is worth.
 */
import {
  type AuthenticationLevel,
  acrOf,
  isStrongEnough,
  strongest,
} from '../definitions/authentication.ts';

export type ProofMethod =
  | 'password'
  | 'provider'
  | 'passkey'
  | 'totp'
  | 'recovery_code'
  | 'trusted_browser';

export type Proof = {
  method: ProofMethod;
  /** When it was given, in seconds since the epoch. */
  at: number;
  /** Of `provider`: what it said of the sign-in, where the operator trusts it in that. */
  upstream?: { level: AuthenticationLevel; amr: string[] } | undefined;
  /** Of `passkey`: whether it may be on several devices, and so is kept in software. */
  isSyncable?: boolean | undefined;
};

/** A sign-in as sessions and tokens tell of it (OpenID Connect Core section 2). */
export type AuthenticationContext = {
  level: AuthenticationLevel;
  acr: string;
  /** RFC 8176; empty where none of its methods fits. */
  amr: string[];
  /** Seconds since the epoch: the oldest of its proofs. */
  authTime: number;
};

/** The factors that a method proves: something that one knows, or has. */
const firstFactors: readonly ProofMethod[] = ['password', 'provider'];
const codes: readonly ProofMethod[] = ['totp', 'recovery_code'];
const secondFactors: readonly ProofMethod[] = [...codes, 'trusted_browser'];

/** In `amr` (RFC 8176 section 2): several factors were proven. A trusted browser is taken for one, and proves none. */
const severalFactors = 'mfa';

export function isSecondFactor(method: ProofMethod): boolean {
  return secondFactors.includes(method);
}

/** What the proofs are worth together. */
export function contextOf(proofs: readonly Proof[]): AuthenticationContext {
  const has = (methods: readonly ProofMethod[]) =>
    proofs.some(({ method }) => methods.includes(method));
  const isByTwo = has(firstFactors) && has(secondFactors);
  const level = strongest([
    ...proofs.map(({ upstream }) => upstream?.level),
    // A passkey is asked for together with user verification: device and PIN, or device and biometrics.
    has(['passkey']) ? 'phishing_resistant' : undefined,
    isByTwo ? 'mfa' : undefined,
  ]);
  const amr = new Set(proofs.flatMap(methodsOf));
  const isToldByProvider = proofs.some(({ upstream }) => isStrongEnough(upstream?.level, 'mfa'));
  if (isToldByProvider || (has(firstFactors) && has(codes))) amr.add(severalFactors);
  return {
    ...{ level, acr: acrOf(level), amr: [...amr] },
    authTime: Math.min(...proofs.map(({ at }) => at)),
  };
}

function methodsOf({ method, upstream, isSyncable }: Proof): string[] {
  switch (method) {
    case 'password':
      return ['pwd'];
    case 'totp':
    case 'recovery_code':
      return ['otp'];
    case 'passkey':
      return ['pop', isSyncable ? 'swk' : 'hwk', 'user', severalFactors];
    case 'provider':
      return upstream?.amr ?? [];
    case 'trusted_browser':
      return [];
  }
}

/** Whether a sign-in with this `amr` took several factors, none of which was only remembered by the browser. */
export function tookSeveralFactors(amr: readonly string[]): boolean {
  return amr.includes(severalFactors);
}

/** The proofs behind a session that has this context: enough to add others to them. */
export function proofsBehind({
  acr,
  amr = [],
  at,
}: {
  acr: string | undefined;
  amr?: string[] | undefined;
  at: number;
}): Proof[] {
  if (acr === acrOf('phishing_resistant')) {
    return [{ method: 'passkey', at, isSyncable: amr.includes('swk') }];
  }
  const first: Proof = { method: amr.includes('pwd') ? 'password' : 'provider', at };
  return acr === acrOf('mfa') ? [first, { method: 'trusted_browser', at }] : [first];
}
