/**
 * The standard claims of a user and their types (OpenID Connect Core sections 5.1, 5.1.1 and 5.2): apps read them
 * by these, whatever kept them. No schema, because the running server checks by it, too.
 */
import { claimName, claimsOfTheRecord, standardClaims } from '../../definitions/claims.ts';

export type ClaimMistake = { claim: string; problem: string; remedy: string };

const notTexts = ['email', 'email_verified', 'updated_at', 'address', 'phone_number_verified'];
const texts = new Set([...standardClaims].filter((claim) => !notTexts.includes(claim)));
const addresses = new Set(['profile', 'picture', 'website']);
const addressMembers = new Set([
  ...['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country'],
]);

/** Claims that have another type than apps rely on. */
export function mistypedClaims(claims: Readonly<Record<string, unknown>>): ClaimMistake[] {
  return Object.entries(claims).flatMap(([claim, value]) => {
    const mistake = mistakeIn(claimName(claim), value);
    return mistake ? [{ claim, problem: mistake[0], remedy: mistake[1] }] : [];
  });
}

/** Claims that no scope and no API releases: they are kept, and nobody ever gets them. */
export function unreleasedClaims(
  claims: Readonly<Record<string, unknown>>,
  isReleased: (claim: string) => boolean,
): ClaimMistake[] {
  return Object.keys(claims).flatMap((claim) => {
    const name = claimName(claim);
    const own = Object.hasOwn(claimsOfTheRecord, name) ? claimsOfTheRecord[name] : undefined;
    if (own) return [{ claim, problem: 'is ignored here', remedy: own }];
    if (isReleased(claim)) return [];
    const remedy =
      'Declare a scope that releases it, name it under claims of an API, or remove it.';
    return [{ claim, problem: 'is released by no scope', remedy }];
  });
}

function mistakeIn(name: string, value: unknown): [string, string] | undefined {
  if (name === 'phone_number_verified') {
    const remedy = 'Write it without quotes.';
    return typeof value === 'boolean' ? undefined : ['must be true or false', remedy];
  }
  if (name === 'address') {
    const isAddress =
      typeof value === 'object' &&
      value !== null &&
      Object.entries(value).every(([key, text]) => addressMembers.has(key) && isText(text));
    const remedy = `Write a map of texts: ${[...addressMembers].join(', ')}.`;
    return isAddress ? undefined : ['must be an address (section 5.1.1)', remedy];
  }
  if (!texts.has(name)) return undefined;
  if (!isText(value))
    return ['must be text', 'Put it in quotes; leave it out where there is none.'];
  if (addresses.has(name) && !/^https?:\/\/\S+$/.test(value)) {
    return ['must be a URL', 'Write an address that begins with https://.'];
  }
  if (name === 'birthdate' && !/^\d{4}(-\d\d-\d\d)?$/.test(value)) {
    return ['must be a date', 'Write YYYY-MM-DD, 0000-MM-DD without the year, or YYYY.'];
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
