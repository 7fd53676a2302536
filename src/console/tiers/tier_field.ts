/**
 * The field by which a key or a project has a tier: one of those that there are.
 */
import { listTiers } from '../../admin/room.ts';
import type { ConsoleRequest } from '../page.ts';
import type { Field } from '../parts/fields.ts';
import { limitsText } from './limits_text.ts';

/**
 * `none`: what it is without one. `stored`: the tier that it has now, which may be gone. No field where the operator
 * may not choose: see mayTouchApiKey.
 */
export async function tierField(
  { call, may, caller }: Pick<ConsoleRequest, 'call' | 'may' | 'caller'>,
  { none, stored }: { none: string; stored?: unknown },
): Promise<readonly Field[]> {
  if (caller.projects !== undefined) return [];
  const field = { name: 'tier', label: 'Tier' };
  if (!may(listTiers)) return [{ ...field, as: 'text', code: true, hint: `Empty: ${none}.` }];
  const { items } = (await call(listTiers)).body;
  const isGone = typeof stored === 'string' && !items.some(({ name }) => name === stored);
  return [
    {
      ...{ ...field, as: 'choice' },
      options: [
        { value: '', label: none },
        ...items.map((tier) => ({
          ...{ value: tier.name, label: tier.name, hint: limitsText(tier) },
        })),
        ...(isGone ? [{ value: stored, label: stored, hint: 'There is no such tier.' }] : []),
      ],
    },
  ];
}
