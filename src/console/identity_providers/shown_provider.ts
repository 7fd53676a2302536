/**
 * An identity provider in words: what it is, what is believed of it, and what lately failed.
 */
import type { z } from 'zod';
import { type getIdentityProvider, listRefusals } from '../../admin/room.ts';
import type { ProviderProblem } from '../../identity_providers/room.ts';
import { linkTo } from '../links.ts';
import type { ConsoleRequest } from '../page.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { refusalPath } from '../refusals/pages.ts';
import { providerPath, toProviders } from './paths.ts';

export type Provider = z.input<(typeof getIdentityProvider)['result']>;

export const newPeopleTexts: Record<Provider['new_people'], string> = {
  create: 'An account is made',
  ask: 'One is made once they agree',
  refuse: 'No account is made',
};

const authentications: Record<Provider['authentication'], string> = {
  client_secret: 'With a secret, which is not shown',
  signed_statement: 'With a statement that is signed for each request',
  none: 'Not: it is a public client there',
};

export const problemTexts: Record<ProviderProblem, string> = {
  declined: 'You went no further there.',
  unavailable: 'It did not answer, too late, or with too much.',
  failed: 'What it answered proves nobody.',
  not_fresh: 'It does not say that it asked you anew.',
};

export const fileNotice =
  'The declarative file alone says which providers there are. Change it there, and restart.';

export function trailTo(provider: Provider) {
  return [toProviders, { label: provider.name, href: providerPath(provider.id) }];
}

export function factsOf(provider: Provider): readonly Fact[] {
  return [
    {
      ...{ label: 'Redirect URI', value: show.code(provider.redirect_uri, { copy: true }) },
      hint: 'Register it at the provider, exactly like this.',
    },
    { label: 'Issuer', value: show.code(provider.issuer, { copy: true }) },
    { label: 'Client ID', value: show.code(provider.client_id, { copy: true }) },
    {
      label: 'How Cardea signs in there',
      value: show.text(authentications[provider.authentication]),
    },
    { label: 'Preset', value: show.text(provider.preset) },
    { label: 'Scope', value: show.tags(provider.scope.split(' ')) },
    {
      ...{
        label: 'People without an account',
        value: show.text(newPeopleTexts[provider.new_people]),
      },
    },
    {
      ...{ label: 'Email domains', value: show.tags(provider.domains) },
      hint: 'Whoever types such an address at the sign-in page, and no password, is sent there.',
    },
  ];
}

export async function sectionsOf(
  provider: Provider,
  request: ConsoleRequest,
): Promise<readonly ObjectSection[]> {
  return [
    clientsSection(provider, request),
    mappingSection(provider),
    trustSection(provider),
    ...(request.may(listRefusals) ? [await failuresSection(provider, request)] : []),
  ];
}

function clientsSection(
  { clients }: Provider,
  { places }: Pick<ConsoleRequest, 'places'>,
): ObjectSection {
  return {
    title: 'Clients',
    text: 'Those that name no providers offer every one. These name it:',
    table: {
      columns: ['Client'],
      rows: clients.map((id) => [linkTo('client', id, places) ?? show.code(id)]),
    },
    empty: 'No client names it.',
  };
}

function mappingSection({ mapping }: Provider): ObjectSection {
  const { username, email, claims, groups, roles } = mapping;
  const memberships = [...valuesOf('Group', groups), ...valuesOf('Role', roles)];
  return {
    title: 'Mapping',
    table: {
      columns: ['Here', 'At the provider'],
      rows: [
        [show.text('Username'), show.code(username)],
        [show.text('Email'), show.code(email)],
        ...Object.entries(claims).map(([ours, theirs]) => [
          show.text(`Claim ${ours}`),
          show.code(theirs),
        ]),
        ...memberships,
      ],
    },
  };
}

function valuesOf(word: string, mapped: Provider['mapping']['groups']) {
  return Object.entries(mapped?.values ?? {}).map(([theirs, ours]) => [
    show.text(`${word} ${ours}`),
    show.code(`${theirs} in ${mapped?.claim}`),
  ]);
}

function trustSection({ trust }: Provider): ObjectSection {
  const levels = Object.entries(trust.acr).map(([theirs, level]) => `${theirs} is ${level}`);
  const yes = (is: boolean) => show.text(is ? 'Yes' : 'No');
  return {
    title: 'What is believed',
    facts: [
      { label: 'That an address is verified', value: yes(trust.email) },
      { label: 'How strong a sign-in was (acr)', value: show.tags(levels, { prose: true }) },
      { label: 'How people signed in (amr)', value: yes(trust.amr) },
      { label: 'When they signed in (auth_time)', value: yes(trust.auth_time) },
    ],
  };
}

/** Those that are about a provider, in any of these ways. */
const failureReasons = [
  ...['provider_failed', 'provider_unavailable', 'provider_not_fresh'],
  ...['provider_no_account', 'provider_disabled'],
];
const most = { asked: '50', shown: 5 };

async function failuresSection(
  { id }: Provider,
  { call }: Pick<ConsoleRequest, 'call'>,
): Promise<ObjectSection> {
  const found = await Promise.all(
    failureReasons.map((reason) => call(listRefusals, { query: { reason, limit: most.asked } })),
  );
  const own = found
    .flatMap(({ body }) => body.items)
    .filter(({ details }) => details.provider === id)
    .sort((one, other) => other.at.localeCompare(one.at));
  return {
    title: 'Last failures',
    table: {
      columns: ['Reference', 'When', 'What happened'],
      rows: own
        .slice(0, most.shown)
        .map(({ reference, at, details }) => [
          show.link(reference, refusalPath(reference)),
          show.time(at),
          show.text(details.detail),
        ]),
    },
    empty: 'None in the last three days.',
    more: { label: 'All refusals', href: '/refusals' },
  };
}
