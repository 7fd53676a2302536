/**
 * A refusal for whoever asks why: what happened, what it means, and what to do about it.
 */
import { iso } from '../clock.ts';
import { refusalReasons } from '../definitions/refusal_reasons.ts';
import type { StoredRefusal } from '../storage/refusals.ts';

export function explanationOf(refusal: StoredRefusal) {
  const row = refusalReasons.find(({ name }) => name === refusal.reason);
  return {
    reference: refusal.reference,
    at: iso(refusal.at) ?? '',
    route: refusal.route,
    status: refusal.status,
    client_id: refusal.clientId,
    reason: refusal.reason,
    means: row?.means,
    advice: row?.advice,
    details: refusal.details,
  };
}
