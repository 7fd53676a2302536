/**
 * A page that lists what an operation lists: filters and place are in the URL, so that a list can be sent to somebody.
 */
import type { z } from 'zod';
import type { AnyOperation } from '../../admin/room.ts';
import type { SectionId } from '../navigation.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { chosenFilters, type Filter } from './filters.ts';
import type { Value } from './values.ts';

type Item = Record<string, unknown>;

export type ListPage<T extends Item> = {
  section: SectionId;
  /** `/clients` */
  path: `/${string}`;
  title: string;
  intro: string;
  operation: AnyOperation;
  /** One that the operation does not take is left out. */
  filters?: readonly Filter[];
  /** The first is the link to the object. */
  columns: readonly { label: string; value: (item: T) => Value }[];
  hrefOf: (item: T) => string;
  create?: { operation: AnyOperation; label: string; href: string };
  /** What this is and what it is for, where there is none yet. */
  empty: { title: string; text: string };
};

export function listPage<T extends Item>(page: ListPage<T>): ConsolePage {
  const { section, path, title, operation, columns, create, empty } = page;
  const takes = Object.keys((operation.query as z.ZodObject).shape);
  const filters = (page.filters ?? []).filter(({ name }) => takes.includes(name));

  return {
    ...{ path, method: 'GET', name: `${section}.list`, section, operation },
    async handle({ query, call, may }: ConsoleRequest) {
      const { chosen, place, view } = chosenFilters(filters, query, path);
      const after = query.get('after') || undefined;
      const { body } = await call(operation, {
        query: { ...Object.fromEntries(chosen), ...(after && { after }) },
      });
      const { items, next } = body as { items: T[]; next: string | null };
      return {
        view: {
          ...{ title, template: 'list' },
          data: {
            ...{ ...view, intro: page.intro, empty },
            columns: columns.map(({ label }) => label),
            rows: items.map((item) => ({
              href: page.hrefOf(item),
              values: columns.map(({ value }) => value(item)),
            })),
            create: create && may(create.operation) ? create : undefined,
            first: after && place({}),
            next: next === null ? undefined : place({ after: next }),
          },
        },
      };
    },
  };
}
