/**
 * What is around each page: where one can go, who one is, and what the last form did.
 */
import { type AdminCaller, mayCall } from '../admin/room.ts';
import type { Flash } from '../own_pages/room.ts';
import { consoleSite } from './console_client.ts';
import { type AbsentSections, type Section, sections } from './navigation.ts';
import type { ConsolePage, Place } from './page.ts';
import { consolePages } from './pages.ts';
import { credentialPattern } from './search.ts';

/** Who is signed in, as the console names them. */
export type Person = { username: string; name: string | undefined };

export type FindPerson = (userId: string) => Promise<Person | undefined>;

type NavigationGroup = {
  title: string | undefined;
  entries: { id: Section['id']; label: string; href: string; isCurrent: boolean }[];
};

export type Frame = {
  navigation: readonly NavigationGroup[];
  /** For the palette: where one can go and what one can do, and what is never looked for by an address. */
  places: readonly Place[];
  credentialPattern: string;
  person: Person;
  role: string | undefined;
  formToken: string;
  flash: Flash | undefined;
  /** The address of a path below `/console`. */
  link: (path: string) => string;
};

export function frameFor({
  page,
  caller,
  person,
  basePath,
  formToken,
  flash,
  absent,
}: {
  page: Pick<ConsolePage, 'section'>;
  caller: AdminCaller;
  person: Person | undefined;
  basePath: string;
  formToken: string;
  flash: Flash | undefined;
  absent: AbsentSections;
}): Frame {
  const open = sectionsFor(caller, absent);
  return {
    navigation: [...Map.groupBy(open, ({ group }) => group)].map(([title, entries]) => ({
      title,
      entries: entries.map(({ id, label, path }) => ({
        ...{ id, label, href: path, isCurrent: id === page.section },
      })),
    })),
    places: placesFor(caller, absent),
    credentialPattern,
    person: person ?? { username: caller.id, name: undefined },
    role: caller.role,
    ...{ formToken, flash },
    link: linksBelow(basePath),
  };
}

/** The address of a path below `/console`. */
export function linksBelow(basePath: string): Frame['link'] {
  return (path) => `${basePath}${consoleSite.path}${path === '/' ? '' : path}`;
}

/** Those with a page that this person may open. */
function sectionsFor(
  caller: Pick<AdminCaller, 'role' | 'scopes'>,
  absent: AbsentSections,
): readonly Section[] {
  if (caller.role === undefined) return [];
  return sections.filter(
    ({ id, path }) =>
      !absent.has(id) && consolePages.some((page) => page.path === path && mayOpen(page, caller)),
  );
}

/** Sections, and what can be created, in the words of the page that does. */
export function placesFor(
  caller: Pick<AdminCaller, 'role' | 'scopes'>,
  absent: AbsentSections,
): readonly Place[] {
  const go = sectionsFor(caller, absent).map(({ label, path }) => ({
    label,
    href: path,
    kind: 'go' as const,
  }));
  const create = consolePages.flatMap(({ command, method, path, section, operation }) =>
    command && method === 'GET' && !absent.has(section) && mayOpen({ operation }, caller)
      ? [{ label: command, href: path, kind: 'do' as const }]
      : [],
  );
  return [...go, ...create];
}

function mayOpen(
  { operation }: Pick<ConsolePage, 'operation'>,
  caller: Pick<AdminCaller, 'scopes'>,
): boolean {
  return operation === undefined || mayCall(operation, caller);
}
