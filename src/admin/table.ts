/**
 * Every operation of the admin API.
 */
import type { AnyOperation } from './operation.ts';
import { clientOperations } from './operations/clients.ts';

export const operations: readonly AnyOperation[] = [...clientOperations];
