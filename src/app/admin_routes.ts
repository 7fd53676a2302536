/**
 * The rows of the admin API in the table of routes: one for each of its operations.
 */
import { operations } from '../admin/room.ts';
import type { RouteRow } from './route_row.ts';

/** `kind`: what all of them have in common. */
export function adminRows(
  kind: Omit<RouteRow, 'path' | 'methods' | 'name' | 'answer' | 'handler'>,
): RouteRow[] {
  return operations.map((operation) => ({
    ...kind,
    path: `/admin/v1${operation.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    methods: [operation.method],
    name: `admin.${operation.id}`,
    ...(operation.bodyLimit !== undefined && { bodyLimit: operation.bodyLimit }),
    handler: ({ admin }) => admin.serve(operation),
  }));
}
