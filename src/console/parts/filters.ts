/**
 * Filters of a list: which there are, which are chosen by the address, and each of those as something to take away again.
 */
import type { ConsoleRequest } from '../page.ts';
import type { Offer } from './fields.ts';

export type Filter = {
  /** A member of the operation's query. */
  name: string;
  label: string;
  /** Undefined: a text. */
  options?: readonly { value: string; label: string }[];
  /** Of a text: what it may look like, and what it may be. */
  example?: string;
  offers?: (request: ConsoleRequest) => Promise<readonly Offer[]>;
  /** The name of another filter without which a choice says nothing. */
  needs?: string;
};

export const enabledFilter: Filter = {
  ...{ name: 'enabled', label: 'State' },
  options: [
    { value: 'true', label: 'Enabled' },
    { value: 'false', label: 'Disabled' },
  ],
};

type Chosen = readonly (readonly [string, string])[];

/** What of the filters the query has, without empty ones. `place`: the address of the list with these and more. */
export function chosenFilters(filters: readonly Filter[], query: URLSearchParams, path: string) {
  const chosen = filters.flatMap(({ name }) => {
    const value = query.get(name)?.trim();
    return value ? [[name, value] as const] : [];
  });
  const placeOf = (entries: Chosen) => {
    const address = new URLSearchParams(Object.fromEntries(entries));
    return address.size > 0 ? `${path}?${address}` : path;
  };
  /** One that says nothing without another goes with it. */
  const goWith = (name: string) =>
    filters.flatMap((filter) => {
      const pair = [filter.name, filter.needs];
      return filter.needs !== undefined && pair.includes(name) ? pair : [];
    });
  return {
    chosen,
    place: (more: Record<string, string>) => placeOf([...chosen, ...Object.entries(more)]),
    /** The data of the part `filters`. */
    view: {
      path,
      isFiltered: chosen.length > 0,
      filters: filters.map((filter) => ({ ...filter, value: query.get(filter.name) ?? '' })),
      chips: chosen.map(([name, value]) => {
        const { label = name, options } = filters.find((one) => one.name === name) ?? {};
        return {
          ...{ label, text: options?.find((option) => option.value === value)?.label ?? value },
          href: placeOf(
            chosen.filter(([other]) => other !== name && !goWith(name).includes(other)),
          ),
        };
      }),
    },
  };
}
