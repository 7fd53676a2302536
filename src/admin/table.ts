/**
 * Every operation of the admin API.
 */
import type { AnyOperation } from './operation.ts';
import { clientOperations } from './operations/clients.ts';
import { revocationOperations } from './operations/revocations.ts';
import { signingKeyOperations } from './operations/signing_keys.ts';

export const operations: readonly AnyOperation[] = [
  ...clientOperations,
  ...signingKeyOperations,
  ...revocationOperations,
];
