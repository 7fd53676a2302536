/**
 * Passwords, shown in the trace of the request that they are for: each takes a core for a while, and waits for others.
 */
import type { Step } from '../telemetry/tracing/spans.ts';
import type { Passwords } from './passwords.ts';

/** The same; each hash and each check is a span, which says nothing but how long it took. */
export function withSteps(passwords: Passwords, step: Step): Passwords {
  return {
    ...passwords,
    hash: (...given) => step('password.hash', () => passwords.hash(...given)),
    hashAgain: (password) => step('password.hash', () => passwords.hashAgain(password)),
    match: (...given) => step('password.match', () => passwords.match(...given)),
    verify: (...given) => step('password.match', () => passwords.verify(...given)),
  };
}
