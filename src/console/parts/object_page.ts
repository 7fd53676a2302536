/**
 * The page of one object: its facts, what can be done with it, and sections of more.
 */
import type { AnyOperation } from '../../admin/room.ts';
import type { SectionId } from '../navigation.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import type { Value } from './values.ts';

export type Fact = { label: string; value: Value | readonly Value[]; hint?: string };

/** `code`: with a button that copies it. */
export type ObjectSection = {
  title: string;
  text?: string;
  facts?: readonly Fact[];
  code?: string;
  table?: { columns: readonly string[]; rows: readonly (readonly Value[])[] };
  /** A page with more of it. */
  more?: { label: string; href: string } | undefined;
  /** What to show where there are no facts and no rows. */
  empty?: string;
};

type ObjectAction = {
  operation: AnyOperation;
  label: string;
  /** Below `/console`: a form, or a page that asks for confirmation. */
  href: string;
  danger?: boolean;
};

type OrPromise<T> = T | Promise<T>;

export type ObjectPage<T> = {
  section: SectionId;
  /** `/clients/:client_id`; its parameters are those of the operation. */
  path: `/${string}`;
  listTitle: string;
  listPath: string;
  read: AnyOperation;
  /** Adds what the operation does not answer, and what more than one of the following needs. */
  complete?: (object: T, request: ConsoleRequest) => Promise<T>;
  titleOf: (object: T) => string;
  status: (object: T) => readonly Value[];
  /** What keeps people from changing it here, and where to go. */
  notice?: (object: T, request: ConsoleRequest) => OrPromise<string | undefined>;
  facts: (object: T, request: ConsoleRequest) => readonly Fact[];
  /** Those that the state of the object and the policies allow; the scopes of the operations are looked at here. */
  actions: (object: T, request: ConsoleRequest) => OrPromise<readonly ObjectAction[]>;
  sections?: (object: T, request: ConsoleRequest) => Promise<readonly ObjectSection[]>;
};

export function objectPage<T>(page: ObjectPage<T>): ConsolePage {
  const { section, path, read, listTitle, listPath } = page;
  return {
    ...{ path, method: 'GET', name: `${section}.object`, section, operation: read },
    async handle(request) {
      const { body } = await request.call(read, { params: request.params });
      const object = (await page.complete?.(body as T, request)) ?? (body as T);
      return {
        view: {
          title: page.titleOf(object),
          trail: [{ label: listTitle, href: listPath }],
          template: 'object',
          data: {
            status: page.status(object),
            notice: await page.notice?.(object, request),
            facts: page.facts(object, request),
            actions: (await page.actions(object, request)).filter(({ operation }) =>
              request.may(operation),
            ),
            sections: (await page.sections?.(object, request)) ?? [],
          },
        },
      };
    },
  };
}
