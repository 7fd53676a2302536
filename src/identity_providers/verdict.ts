/**
 * From what a provider says of somebody to what is taken of it here: bounded, mapped, and no more believed than the
 * operator does.
 */
import type { Proof } from '../authentication/room.ts';
import { strongest } from '../definitions/authentication.ts';
import { isVisibleText } from '../definitions/names.ts';
import { mapClaims } from './claims_mapping.ts';
import type { ProvenIdentity } from './outcomes.ts';
import { ProviderFault, type VerifiedIdentity } from './protocol.ts';
import type { IdentityProvider } from './provider.ts';

/** Of `amr`: values, and characters of one. */
const mostMethods = { count: 10, length: 32 };
const longest = { subject: 1000, label: 100 };
/** Between clocks, in seconds. */
const tolerance = 30;

/** `now` in seconds: when the person came back. Throws ProviderFault `failed`. */
export function provenIdentity(
  provider: IdentityProvider,
  identity: VerifiedIdentity,
  { now, asOf }: { now: number; asOf: number },
): ProvenIdentity {
  const { issuer, subject, claims, signIn } = identity;
  if (subject === '' || subject.length > longest.subject || !isVisibleText(subject)) {
    throw new ProviderFault('failed', 'its subject is empty, too long, or cannot be seen');
  }
  const mapped = mapClaims(provider.mapping, claims, provider.vouchesForEmail);
  const { username, email, emailVerified, groups, roles } = mapped;
  const label = email ?? username ?? String(mapped.claims.name ?? subject);
  return {
    ...{ provider: provider.id, issuer, subject, label: label.slice(0, longest.label), asOf },
    person: {
      ...(username !== undefined && { username }),
      // One that nobody answers for is somebody else's.
      ...(emailVerified && { email }),
      ...{ claims: mapped.claims, groups, roles },
    },
    proof: proofOf(provider, signIn, now),
  };
}

function proofOf(
  { trust }: IdentityProvider,
  { acr, amr, authTime }: VerifiedIdentity['signIn'],
  now: number,
): Proof {
  const methods = trust.amr && Array.isArray(amr) ? amr.filter(isMethod) : [];
  const byAcr =
    typeof acr === 'string' && Object.hasOwn(trust.acr, acr) ? trust.acr[acr] : undefined;
  const level = strongest([byAcr, methods.includes('mfa') ? 'mfa' : undefined]);
  const isTrusted = byAcr !== undefined || methods.length > 0;
  return {
    method: 'provider',
    at: trust.auth_time && authTime !== undefined ? Math.min(now, Math.floor(authTime)) : now,
    ...(isTrusted && { upstream: { level, amr: methods.slice(0, mostMethods.count) } }),
  };
}

function isMethod(value: unknown): value is string {
  return (
    typeof value === 'string' && /^[\w.:-]+$/.test(value) && value.length <= mostMethods.length
  );
}

/**
 * Throws ProviderFault `not_fresh` where the provider does not say that it asked the person within `maxAge` seconds of
 * the beginning, `begunAt` (seconds). Providers ignore `max_age`, and browsers stay signed in there.
 */
export function requireFresh(
  { signIn: { authTime } }: VerifiedIdentity,
  { maxAge, begunAt }: { maxAge: number | undefined; begunAt: number },
): void {
  if (maxAge === undefined) return;
  if (authTime !== undefined && authTime >= begunAt - maxAge - tolerance) return;
  throw new ProviderFault('not_fresh', 'its auth_time is missing, or of an earlier sign-in');
}
