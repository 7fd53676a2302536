/** Whose word a client's metadata is. */
import type { ClientRecord } from '../storage/clients.ts';

/** Of a client that says itself what it is. */
export type OwnSource = Exclude<ClientRecord['source'], 'file' | 'operator'>;

/** Not an operator's: what it says of itself is bounded by policy, and pages treat it as a claim. */
export function describesItself(source: ClientRecord['source']): source is OwnSource {
  return source !== 'file' && source !== 'operator';
}

/** Nobody at all has vouched for it: whoever asks is let in. */
export function cameUnasked(source: ClientRecord['source']): boolean {
  return source === 'open' || source === 'document';
}

/** A record that an operator has written to stays as it is: it neither goes by itself nor is fetched again. */
export const ofOperator = { expiresAt: undefined, freshUntil: undefined } as const;
