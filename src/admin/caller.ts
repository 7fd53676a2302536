/**
 * Who calls an operation, and with which request. The rights of a caller are the operators room's.
 */
import type { Caller } from '../operators/room.ts';

export type AdminCaller = Caller & {
  /** Empty where the address is not known. */
  ip: string;
  requestId: string;
};

/** As the audit trail names the caller: `user:<id>`. */
export function actorOf({ kind, id }: Pick<Caller, 'kind' | 'id'>): string {
  return `${kind}:${id}`;
}
