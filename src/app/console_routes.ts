/**
 * The rows of the console in the table of routes: one for each of its pages.
 */
import { consolePages } from '../console/room.ts';
import type { Answers, RouteRow } from './route_row.ts';

/** `kind`: what all of them have in common. */
export function consoleRows(
  kind: Omit<RouteRow, 'path' | 'methods' | 'name' | 'answer' | 'handler'>,
): RouteRow[] {
  return [
    {
      ...kind,
      path: '/console/',
      methods: ['GET'],
      name: 'console.with_slash',
      answer: ({ console }) => console.withSlash,
    },
    ...consolePages.map((page) => ({
      ...kind,
      bodyLimit: page.uploadLimit ?? kind.bodyLimit,
      path: page.path === '/' ? '/console' : `/console${page.path}`,
      methods: [page.method],
      name: `console.${page.name}`,
      answer: ({ console }: Answers) => console.serve(page),
    })),
  ];
}
