/**
 * The stable name of why a request was refused, from what is known of it.
 */
import { type RefusalReason, refusalReasons } from '../definitions/refusal_reasons.ts';

const byError = Map.groupBy(
  refusalReasons.flatMap((reason) => reason.errors.map((error) => ({ error, reason }))),
  ({ error }) => error,
);

/** `details`: fields of a log line, `error` among them. Undefined for an error that no row knows. */
export function reasonOf(details: Readonly<Record<string, unknown>>): RefusalReason | undefined {
  const known = byError.get(String(details.error)) ?? [];
  const text = Object.entries(details)
    .filter(([name, value]) => name !== 'error' && value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' ');
  return known.find(({ reason }) => reason.when.test(text))?.reason;
}
