/**
 * What of a provider's claims becomes part of a user here. A provider may be hostile, or its people: every value is
 * bounded, has the type that apps rely on, and is left out with a reason otherwise. Nothing here fails.
 */
import { mistypedClaims } from '../config/schema/standard_claims.ts';
import { maxLength } from '../definitions/lengths.ts';
import { isVisibleText, mailAddressPattern, normaliseName } from '../definitions/names.ts';
import type { Claims } from './presets.ts';

/** Each of our members, and where it is among the claims of the provider: `realm_access.roles`. */
export type ClaimsMapping = {
  username: string;
  email: string;
  /** Further claims. */
  claims: Readonly<Record<string, string>>;
  groups?: MembershipMapping | undefined;
  roles?: MembershipMapping | undefined;
};

type MembershipMapping = {
  claim: string;
  /** The provider's value to ours. Those that are not here are left out. */
  values: Readonly<Record<string, string>>;
};

export type MappedClaims = {
  /** In its normal form. */
  username?: string;
  /** In its normal form. */
  email?: string;
  /** Whether the provider answers for it. */
  emailVerified: boolean;
  claims: Record<string, unknown>;
  groups: string[];
  roles: string[];
  /** What was there and is not taken. */
  ignored: IgnoredClaim[];
};

type IgnoredReason =
  | 'not_text'
  | 'too_long'
  | 'unsafe_characters'
  | 'not_an_address'
  | 'another_address'
  | 'address_as_name'
  | 'mistyped'
  | 'too_many'
  | 'not_mapped';

/** `claim`: the provider's. */
type IgnoredClaim = { claim: string; reason: IgnoredReason };

/** Characters of a text, memberships that are looked at, and reasons that are kept. */
const most = { text: 1000, memberships: 1000, ignored: 50, depth: 8 };

/** `vouchesForEmail`: whether the provider answers for the address in these claims. */
export function mapClaims(
  mapping: ClaimsMapping,
  claims: Claims,
  vouchesForEmail: (claims: Claims) => boolean,
): MappedClaims {
  const ignored: IgnoredClaim[] = [];
  const ignore = (claim: string, reason: IgnoredReason) => {
    if (ignored.length < most.ignored) ignored.push({ claim, reason });
  };
  const email = mapEmail(mapping.email, claims, ignore);
  const emailVerified = email !== undefined && vouchesForEmail(claims);
  const username = mapUsername(mapping.username, claims, emailVerified ? email : undefined, ignore);
  return {
    ...(username !== undefined && { username }),
    ...(email !== undefined && { email }),
    emailVerified,
    claims: mapOwnClaims(mapping.claims, claims, ignore),
    groups: mapMemberships(mapping.groups, claims, ignore),
    roles: mapMemberships(mapping.roles, claims, ignore),
    ignored,
  };
}

type Ignore = (claim: string, reason: IgnoredReason) => void;

/**
 * The claim of this name, or, where there is none, what its parts between dots lead to. Only what the provider sent
 * itself: no prototype is looked at.
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  const parts = path.split('.');
  if (parts.length > most.depth) return undefined;
  return parts.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.hasOwn(value, part)
        ? (value as Claims)[part]
        : undefined,
    claims,
  );
}

/** A visible text of at most so many characters; undefined where there is none, or none that can be taken. */
function textAt(path: string, claims: Claims, longest: number, ignore: Ignore): string | undefined {
  const value = claimAt(claims, path);
  if (value === undefined || value === null || value === '') return undefined;
  const reason = problemOf(value, longest);
  if (reason) ignore(path, reason);
  return reason ? undefined : (value as string);
}

function problemOf(value: unknown, longest: number): IgnoredReason | undefined {
  if (typeof value !== 'string') return 'not_text';
  if (value.length > longest) return 'too_long';
  return isVisibleText(value) ? undefined : 'unsafe_characters';
}

function mapEmail(path: string, claims: Claims, ignore: Ignore): string | undefined {
  const text = textAt(path, claims, maxLength.email, ignore);
  if (text === undefined) return undefined;
  const email = normaliseName(text);
  const isAddress = email.length <= maxLength.email && mailAddressPattern.test(email);
  if (isAddress && hasSameMailbox(text, email)) return email;
  ignore(path, isAddress ? 'another_address' : 'not_an_address');
  return undefined;
}

/**
 * The provider has verified the address as it wrote it. One with a ligature or a Kelvin sign in it is a mailbox of its own,
 * and its normal form may be somebody else's.
 */
function hasSameMailbox(text: string, email: string): boolean {
  const local = (address: string) => address.slice(0, address.lastIndexOf('@'));
  return local(text.trim()).replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) === local(email);
}

/** A name that looks like an address would open the account of whoever has that address: it must be verified as theirs. */
function mapUsername(
  path: string,
  claims: Claims,
  verifiedEmail: string | undefined,
  ignore: Ignore,
): string | undefined {
  const text = textAt(path, claims, maxLength.username, ignore);
  if (text === undefined) return undefined;
  const username = normaliseName(text);
  // Normalization can make a text longer.
  const reason = username === '' ? 'unsafe_characters' : problemOf(username, maxLength.username);
  if (reason) ignore(path, reason);
  else if (username.includes('@') && username !== verifiedEmail) ignore(path, 'address_as_name');
  else return username;
  return undefined;
}

function mapOwnClaims(
  mapping: Readonly<Record<string, string>>,
  claims: Claims,
  ignore: Ignore,
): Record<string, unknown> {
  const taken = Object.entries(mapping).flatMap(([ours, path]) => {
    const value = claimAt(claims, path);
    if (typeof value === 'boolean' || Number.isFinite(value)) {
      const isFit = mistypedClaims({ [ours]: value }).length === 0;
      if (!isFit) ignore(path, 'mistyped');
      return isFit ? [[ours, value] as const] : [];
    }
    const text = textAt(path, claims, most.text, ignore);
    if (text === undefined) return [];
    if (mistypedClaims({ [ours]: text }).length === 0) return [[ours, text] as const];
    ignore(path, 'mistyped');
    return [];
  });
  return Object.fromEntries(taken);
}

function mapMemberships(
  mapping: MembershipMapping | undefined,
  claims: Claims,
  ignore: Ignore,
): string[] {
  if (!mapping) return [];
  const value = claimAt(claims, mapping.claim);
  if (value === undefined || value === null) return [];
  const values = Array.isArray(value) ? value : [value];
  if (values.length > most.memberships) ignore(mapping.claim, 'too_many');
  const mapped = values.slice(0, most.memberships).flatMap((theirs) => {
    const ours =
      typeof theirs === 'string' && Object.hasOwn(mapping.values, theirs)
        ? mapping.values[theirs]
        : undefined;
    if (ours === undefined) {
      ignore(mapping.claim, typeof theirs === 'string' ? 'not_mapped' : 'not_text');
    }
    return ours === undefined ? [] : [ours];
  });
  return [...new Set(mapped)];
}
