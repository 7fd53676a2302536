/**
 * The keys of an owner, as a section of the owner's page.
 */
import type { ObjectSection } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { apiKeyPath, apiKeysOf } from './paths.ts';
import { type ApiKey, stateOf } from './shown_key.ts';

const most = 10;
/** How many to read: one more than are shown tells that there are more. */
export const keysToShow = most + 1;

export function keysSection(
  owner: Parameters<typeof apiKeysOf>[0],
  { items }: { items: readonly ApiKey[] },
): ObjectSection {
  return {
    title: 'API keys',
    empty: 'There are none.',
    table: {
      columns: ['Name', 'Key', 'State', 'Last used'],
      rows: items
        .slice(0, most)
        .map((key) => [
          show.link(key.name, apiKeyPath(key.id)),
          show.code(key.display),
          stateOf(key),
          show.time(key.last_used_at),
        ]),
    },
    more: items.length > most ? { label: 'All API keys', href: apiKeysOf(owner) } : undefined,
  };
}
