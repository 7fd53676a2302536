/**
 * What a mapping makes of claims, in words: after claims were pasted, and after a test.
 */
import type { z } from 'zod';
import type { mapIdentityProviderClaims } from '../../admin/room.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';

export type Mapped = z.input<(typeof mapIdentityProviderClaims)['result']>;

/** By the name of a reason, why a claim is not taken. */
const reasons: Readonly<Record<string, string>> = {
  not_text: 'It is no text',
  too_long: 'It is too long',
  unsafe_characters: 'It has characters that nobody sees',
  not_an_address: 'It is no email address',
  another_address:
    'It only looks like the address that would be kept, and was verified as another one',
  address_as_name: 'It looks like an address, and is not the verified one',
  mistyped: 'It has another type than apps rely on',
  too_many: 'There are more values than are looked at',
  not_mapped: 'A value that the mapping does not name',
};

export function mappedFacts(mapped: Mapped): readonly Fact[] {
  const { username, email, email_verified: isVerified, groups, roles } = mapped;
  const trust = isVerified
    ? show.status('Verified', 'good')
    : show.status('Not verified: it is not taken', 'warning');
  return [
    { label: 'Username', value: show.code(username) },
    { label: 'Email', value: email === undefined ? show.nothing : [show.code(email), trust] },
    { label: 'Groups', value: show.tags(groups) },
    { label: 'Roles', value: show.tags(roles) },
  ];
}

export function mappedSections({ claims, ignored }: Mapped): readonly ObjectSection[] {
  return [
    {
      title: 'Further claims',
      table: {
        columns: ['Claim', 'Value'],
        rows: Object.entries(claims).map(([claim, value]) => [
          show.code(claim),
          show.text(String(value)),
        ]),
      },
      empty: 'None of them is there.',
    },
    {
      title: 'Left out',
      table: {
        columns: ['Claim of the provider', 'Why'],
        rows: ignored.map(({ claim, reason }) => [
          show.code(claim),
          show.text(reasons[reason] ?? reason),
        ]),
      },
      empty: 'Nothing: what the mapping names is taken as it came.',
    },
  ];
}
