/**
 * The pages of tiers: named limits of API keys.
 */
import type { z } from 'zod';
import {
  createTier,
  deleteTier,
  getTier,
  getTierYaml,
  listAuditEvents,
  listTiers,
  patchTier,
} from '../../admin/room.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { eventsSection } from '../parts/events_section.ts';
import type { Field } from '../parts/fields.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { managerOf, managers } from '../parts/states.ts';
import { show, type Value } from '../parts/values.ts';
import { newTierPath, tierPath, tiersPath, toTiers, trailTo } from './paths.ts';

type Tier = z.input<(typeof getTier)['result']>;

const section = 'tiers' as const;
const one = `${tiersPath}/:tier` as const;

const isEditable = ({ managed_by: manager }: Tier) => manager !== 'file';
const limitOf = (limit: number | null): Value =>
  limit === null ? show.text('No limit', { muted: true }) : show.text(limit.toLocaleString('en'));
const defaultOf = ({ is_default: isDefault }: Tier): Value =>
  isDefault ? show.status('Default', 'good') : show.nothing;
const back = (tier: object, text: string) => ({
  to: tierPath((tier as Tier).name),
  flash: { tone: 'good' as const, text },
});

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'text', required: true, code: true, placeholder: 'pro' },
  hint: 'Letters, digits, - and _. It cannot be changed later.',
  errorCodes: ['already_exists'],
};

const limits: readonly Field[] = [
  {
    ...{ name: 'requests_per_minute', label: 'Requests a minute', as: 'number' },
    hint: 'In any 60 seconds, over all nodes. Empty: no such limit.',
  },
  {
    ...{ name: 'requests_per_month', label: 'Requests a month', as: 'number' },
    hint: 'In a calendar month, in UTC. Empty: no such limit.',
  },
  {
    ...{ name: 'is_default', label: 'Default tier', as: 'switch' },
    hint: 'It limits every key that has no tier, and whose project has none.',
  },
];

const list = listPage<Tier>({
  ...{ section, path: tiersPath, title: 'Tiers', operation: listTiers },
  intro: 'How much API keys may do: limits by name, for keys and projects.',
  columns: [
    { label: 'Name', value: (tier) => show.text(tier.name) },
    { label: 'Requests a minute', value: (tier) => limitOf(tier.requests_per_minute) },
    { label: 'Requests a month', value: (tier) => limitOf(tier.requests_per_month) },
    { label: 'Default', value: defaultOf },
    { label: 'Managed by', value: (tier) => show.text(managers[tier.managed_by]) },
  ],
  hrefOf: (tier) => tierPath(tier.name),
  create: { operation: createTier, label: 'Create a tier', href: newTierPath },
  empty: {
    title: 'No tiers yet',
    text: 'A tier is a limit with a name, such as free and pro. Give it to a project or a key, and change it later in one place: requests over it are refused with 429.',
  },
});

const create = formPage({
  ...{ section, path: newTierPath, name: 'tiers.create', operation: createTier },
  ...{ title: 'Create a tier', command: 'Create a tier', submit: 'Create tier' },
  trail: () => [toTiers],
  fields: () => [name, ...limits],
  done: ({ body }) => back(body, `${(body as Tier).name} is created.`),
});

const object = objectPage<Tier>({
  ...{ section, path: one, read: getTier, listTitle: 'Tiers', listPath: tiersPath },
  titleOf: (tier) => tier.name,
  status: (tier) => [...(tier.is_default ? [defaultOf(tier)] : []), managerOf(tier)],
  notice: (tier) =>
    isEditable(tier)
      ? undefined
      : 'The declarative file names this tier, and each start applies it. Change it there.',
  facts: (tier) => [
    { label: 'Requests a minute', value: limitOf(tier.requests_per_minute) },
    { label: 'Requests a month', value: limitOf(tier.requests_per_month) },
    ...(tier.created_at ? [{ label: 'Created', value: show.time(tier.created_at) }] : []),
    ...(tier.updated_at ? [{ label: 'Changed', value: show.time(tier.updated_at) }] : []),
  ],
  actions: (tier) =>
    isEditable(tier)
      ? [
          { operation: patchTier, label: 'Edit', href: tierPath(tier.name, '/edit') },
          {
            ...{ operation: deleteTier, label: 'Delete', danger: true },
            href: tierPath(tier.name, '/delete'),
          },
        ]
      : [],
  async sections(tier, request) {
    const { call, may } = request;
    const { body: yaml } = await call(getTierYaml, { params: { tier: tier.name } });
    const query = { target_kind: 'tier', target_id: tier.name, limit: '10' };
    const events = may(listAuditEvents) ? await call(listAuditEvents, { query }) : undefined;
    return [
      {
        title: 'If it went',
        facts: [{ label: 'What breaks', value: show.text(await ifItWent(tier, request)) }],
      },
      ...(events ? [eventsSection(events.body.items)] : []),
      { title: 'As YAML', text: 'As the declarative file has it.', code: yaml },
    ];
  },
});

async function ifItWent(
  { is_default: isDefault }: Tier,
  { call }: Pick<ConsoleRequest, 'call'>,
): Promise<string> {
  if (isDefault) return 'It is the default, and cannot go before another one is, or none.';
  const { items } = (await call(listTiers)).body;
  const standard = items.find(({ is_default: isIt }) => isIt);
  return standard
    ? `Keys and projects that have it get the limits of ${standard.name}, the default tier.`
    : 'There is no default tier, so keys and projects that have it get no limits at all.';
}

const edit = formPage({
  ...{ section, path: `${one}/edit`, name: 'tiers.edit' },
  ...{ operation: patchTier, read: getTier, submit: 'Save changes' },
  title: (tier) => `Edit ${(tier as Tier).name}`,
  intro: 'Keys that have it are limited anew with their next request.',
  trail: (_request, tier) => trailTo(tier as Tier),
  fields: () => limits,
  done: ({ body }) => back(body, `${(body as Tier).name} is saved.`),
});

const remove = confirmPage({
  ...{ section, path: `${one}/delete`, name: 'tiers.delete' },
  ...{ operation: deleteTier, read: getTier, submit: 'Delete tier', danger: true },
  title: (tier) => `Delete ${(tier as Tier).name}?`,
  trail: (tier) => trailTo(tier as Tier),
  consequences: async (tier, request) => [
    await ifItWent(tier as Tier, request),
    'A tier of the same name can be created again, and holds for them again then.',
  ],
  typed: (tier) => (tier as Tier).name,
  done: ({ object: tier }) => ({
    to: tiersPath,
    flash: { tone: 'good', text: `${(tier as Tier).name} is deleted.` },
  }),
});

export const tierPages: readonly ConsolePage[] = [list, ...create, object, ...edit, ...remove];
