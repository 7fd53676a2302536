/**
 * A page that lists what an operation lists: filters and place are in the URL, so that a list can be sent to somebody.
 */
import type { z } from 'zod';
import type { AnyOperation } from '../../admin/room.ts';
import type { SectionId } from '../navigation.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { chosenFilters, type Filter } from './filters.ts';
import type { Fact } from './object_page.ts';
import type { Value } from './values.ts';

type Item = Record<string, unknown>;

export type ListPage<T extends Item> = {
  section: SectionId;
  /** `/clients` */
  path: `/${string}`;
  title: string;
  intro: string | ((request: ConsoleRequest) => string);
  /** The pages above it, where it is none of the navigation. */
  trail?: readonly { label: string; href: string }[];
  operation: AnyOperation;
  /** One that the operation does not take is left out. */
  filters?: readonly Filter[];
  /** The first is the link to the object. */
  columns: readonly { label: string; value: (item: T) => Value }[];
  hrefOf: (item: T) => string;
  /** Adds what the operation does not answer. */
  complete?: (items: readonly T[], request: ConsoleRequest) => Promise<readonly T[]>;
  create?: { operation: AnyOperation; label: string; href: string };
  /** What this is and what it is for, where there is none yet. */
  empty: { title: string; text: string };
  /** What words in it mean, below. */
  legend?: { title: string; facts: readonly Fact[] };
};

export function listPage<T extends Item>(page: ListPage<T>): ConsolePage {
  const { section, path, title, operation, columns, create, empty, intro } = page;
  const takes = Object.keys((operation.query as z.ZodObject).shape);
  const filters = (page.filters ?? []).filter(({ name }) => takes.includes(name));

  return {
    ...{ path, method: 'GET', name: `${section}.list`, section, operation },
    async handle(request: ConsoleRequest) {
      const { query, call, may } = request;
      const { chosen, place, view } = chosenFilters(filters, query, path);
      const after = query.get('after') || undefined;
      const { body } = await call(operation, {
        query: { ...Object.fromEntries(chosen), ...(after && { after }) },
      });
      const { items: found, next } = body as { items: T[]; next: string | null };
      const items = (await page.complete?.(found, request)) ?? found;
      return {
        view: {
          ...{ title, trail: page.trail ?? [], template: 'list' },
          data: {
            ...{ ...view, empty, legend: page.legend },
            intro: typeof intro === 'function' ? intro(request) : intro,
            filters: await Promise.all(
              view.filters.map(async (filter) => ({
                ...filter,
                offers: await filter.offers?.(request),
              })),
            ),
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
