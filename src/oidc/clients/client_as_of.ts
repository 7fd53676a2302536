/**
 * The last revocation before the request, or before its client was looked up: what the client is issued is ended by
 * all that comes after.
 */
import { createRequestSlot } from '../engine/request_slots.ts';

/**
 * Set as the request begins (endpoints/living_signatures.ts, programs/program_requests.ts), or by client_adapter.ts. Read by whoever looks a
 * client up, or issues something to one.
 */
const asOf = createRequestSlot<number>();

export const clientAsOf = asOf.get;
export const setClientAsOf = asOf.set;
