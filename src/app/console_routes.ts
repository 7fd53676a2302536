/**
 * The rows of the console in the table of routes: one for each of its pages.
 */
import { consolePages } from '../console/room.ts';
import type { RouteRow } from './route_row.ts';

/** `kind`: what all of them have in common. */
export function consoleRows(
  kind: Omit<RouteRow, 'path' | 'methods' | 'name' | 'answer' | 'handler'>,
): RouteRow[] {
  return consolePages.map((page) => ({
    ...kind,
    bodyLimit: page.uploadLimit ?? kind.bodyLimit,
    path: page.path === '/' ? '/console' : `/console${page.path}`,
    methods: [page.method],
    name: `console.${page.name}`,
    answer: ({ console }) => console.serve(page),
  }));
}
