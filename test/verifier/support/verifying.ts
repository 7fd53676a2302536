/** A verifier for a test, closed when the test ends, and the ways to ask it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createVerifier,
  type ErrorCode,
  type PlainRequest,
  type RequestLike,
  VerifierError,
  type VerifierEvent,
  type VerifierOptions,
} from '../../../src/verifier/index.ts';
import { startIssuer } from './issuer.ts';

type Cleanup = { after(run: () => unknown): void };
type Input = string | RequestLike | PlainRequest;

export type Setting = Awaited<ReturnType<typeof setUp>>;

/** An issuer and a verifier that follows it. */
export async function setUp(
  context: Cleanup,
  options: Partial<VerifierOptions> = {},
  issuerOptions: Parameters<typeof startIssuer>[0] = {},
) {
  const issuer = await startIssuer(issuerOptions);
  context.after(() => issuer.stop().catch(() => undefined));
  return { issuer, ...another(context, issuer, options) };
}

/** One more verifier of the same issuer. */
export function another(
  context: Cleanup,
  { issuer, audience }: { issuer: string; audience: string },
  options: Partial<VerifierOptions> = {},
) {
  const events: VerifierEvent[] = [];
  const verifier = createVerifier({
    issuer,
    audience,
    on_event: (event) => events.push(event),
    ...options,
  });
  context.after(() => verifier.close());
  return { verifier, events, code: codeOf(verifier) };
}

/** The code that `verify` refuses with; `ok` when it accepts. Anything but a coded error fails the test. */
export function codeOf(verifier: ReturnType<typeof createVerifier>) {
  return async (input: Input, scopes?: string): Promise<ErrorCode | 'ok'> => {
    try {
      await verifier.verify(input, scopes === undefined ? {} : { scopes });
      return 'ok';
    } catch (failure) {
      assert.ok(failure instanceof VerifierError, String(failure));
      return failure.code;
    }
  };
}

/** The refusal itself. */
export async function refusalOf(work: Promise<unknown>): Promise<VerifierError> {
  try {
    await work;
  } catch (failure) {
    assert.ok(failure instanceof VerifierError, String(failure));
    return failure;
  }
  throw new assert.AssertionError({ message: 'was accepted' });
}

/** Waits until `probe` gives `wanted`; fails after `patience` milliseconds with what it gave last. */
export async function until<T>(probe: () => T | Promise<T>, wanted: T, patience = 15_000) {
  const end = Date.now() + patience;
  for (;;) {
    const last = await probe();
    if (last === wanted) return;
    if (Date.now() > end) assert.equal(last, wanted);
    await sleep(20);
  }
}
