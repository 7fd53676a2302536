/**
 * The claims that people may edit, as fields of a form: what each is called, and what is wrong with what was typed.
 */
import { mistypedClaims } from '../../config/schema/standard_claims.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { isUnreadable } from '../../definitions/names.ts';
import type { AccountField } from '../../pages/account_data.ts';
import { textIn } from '../../pages/texts.ts';
import type { AccountRequest } from '../page.ts';
import { isTimeZone } from '../times.ts';

const longest = maxLength.claimText;

type Editable = { claim: string; label: string };

/** In the order of the configuration. Values that are no text are left to operators. */
export function editableClaims({
  services: { policy },
  person: { claims },
  locale,
  t,
}: Pick<AccountRequest, 'services' | 'person' | 'locale' | 't'>): Editable[] {
  return policy.editable_claims
    .map((entry) =>
      typeof entry === 'string'
        ? { claim: entry, label: t.profile.claims[entry] }
        : { claim: entry.claim, label: textIn(locale, entry.label) },
    )
    .filter(({ claim }) => ['undefined', 'string'].includes(typeof claims[claim]));
}

export function fieldsFor(
  request: AccountRequest,
  valueFor: (claim: string) => string,
  errors: ReadonlyMap<string, string> = new Map(),
): AccountField[] {
  return editableClaims(request).map(({ claim, label }) => ({
    ...{ name: fieldName(claim), label, value: valueFor(claim), error: errors.get(claim) },
  }));
}

/** Of the form. A claim may be called like another field of it. */
export function fieldName(claim: string): string {
  return `claim_${claim}`;
}

/** What is wrong with each claim, in words. `wanted`: as typed; empty ones are removed. */
export function mistakesIn(
  wanted: ReadonlyMap<string, string>,
  { profile_errors: errors }: AccountRequest['t'],
): Map<string, string> {
  const mistakes = new Map<string, string>();
  for (const [claim, value] of wanted) {
    if (value === '') continue;
    if (value.length > longest || isUnreadable(value)) mistakes.set(claim, errors.text);
    else if (claim === 'zoneinfo' && !isTimeZone(value)) mistakes.set(claim, errors.zone);
    else if (mistypedClaims({ [claim]: value }).length > 0) {
      mistakes.set(claim, claim === 'birthdate' ? errors.date : errors.url);
    }
  }
  return mistakes;
}

/** A new number is not the one that was verified. */
export function withWhatFollows(
  changes: Readonly<Record<string, string | undefined>>,
  claims: Readonly<Record<string, unknown>>,
): Record<string, string | undefined> {
  const isNewNumber = 'phone_number' in changes && changes.phone_number !== claims.phone_number;
  return { ...changes, ...(isNewNumber && { phone_number_verified: undefined }) };
}
