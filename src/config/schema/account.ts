/**
 * What people may do with their own accounts.
 */
import { z } from 'zod';
import { claimName, claimsOfTheRecord } from '../../definitions/claims.ts';
import { day, hour } from '../../definitions/units.ts';
import { localText } from './local_text.ts';
import { durationBetween, ownClaim, uri } from './values.ts';

/** Standard claims that are one line of text, and that nothing else decides. The pages have names for them. */
const nameableClaims = [
  ...(['name', 'given_name', 'family_name', 'middle_name', 'nickname'] as const),
  ...(['website', 'picture', 'profile', 'phone_number', 'birthdate', 'gender'] as const),
  'zoneinfo',
] as const;

const named = z.enum(nameableClaims).meta({ notation: 'claim' });

/** Whether somebody else vouches for it, or another page is for it. */
function isNobodysToEdit(claim: string): boolean {
  const name = claimName(claim);
  const fixed = ['preferred_username', 'locale', 'address', 'phone_number_verified'];
  return Object.hasOwn(claimsOfTheRecord, name) || fixed.includes(name);
}

const labelled = z.strictObject({
  claim: ownClaim
    .refine((claim) => !isNobodysToEdit(claim), {
      message: 'is a claim that people cannot edit here',
      params: { remedy: 'Leave it out: the account pages have another place for it, or none.' },
    })
    .describe('Its name. A scope or an API has to release it, or nobody sees it.'),
  label: localText(100).describe('What the page calls it; `{ en: …, de: … }` by language.'),
});

export const accountSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether people have pages for their accounts, at `/account`.'),
    editable_claims: z
      .array(z.union([named, labelled]).meta({ notation: 'claim, or map of claim and label' }))
      .max(30)
      .default(['name', 'given_name', 'family_name', 'nickname'])
      .describe(
        'What people may change of their profile: standard claims by name, others that are text with a label.',
      ),
    change_username: z
      .boolean()
      .default(false)
      .describe('Whether people may change their usernames, too.'),
    change_email: z
      .boolean()
      .default(true)
      .describe(
        'Whether people may change their mail addresses. It takes `mail`: the new one is confirmed by a link.',
      ),
    api_keys: z
      .union([z.literal('all'), z.array(uri)], { error: 'must be `all` or a list of APIs' })
      .default([])
      .meta({ notation: '`all`, or list of URI' })
      .describe(
        'The APIs that people may make API keys for by themselves, with the scopes of `user_key_scopes`; Cardea’s own API is never among them.',
      ),
    api_keys_per_person: z
      .int()
      .min(1)
      .max(1000)
      .default(20)
      .describe('How many live API keys one person may have made.'),
    deletion: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Whether people may delete their accounts. Those of this file they may not.'),
        after: durationBetween(hour, 365 * day)
          .prefault('7d')
          .describe(
            'How long a deleted account waits, blocked, until it is removed. Signing in keeps it.',
          ),
      })
      .prefault({})
      .describe('The deletion of accounts by their own people.'),
  })
  .prefault({})
  .describe('What people may do with their own accounts ([account.md](account.md)).');

export type AccountPolicy = z.output<typeof accountSchema>;
