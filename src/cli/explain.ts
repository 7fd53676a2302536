/**
 * `cardea explain`: why a request was refused, by the reference that its error page, its `X-Request-Id` header and the log
 * have.
 */
import type { Command } from 'commander';
import { CardeaError } from '../errors.ts';
import { createRefusalRecords, explanationOf } from '../refusals/room.ts';
import { withContext } from './context.ts';
import { card, instant, type OutputOptions, print, withJson } from './terminal/output.ts';

export function register(command: Command): void {
  withJson(command).argument('<reference>', 'the reference of the refusal').action(explain);
}

async function explain(reference: string, options: OutputOptions): Promise<void> {
  const found = await withContext(({ store, clock, log }) =>
    createRefusalRecords({ refusals: store.refusals, clock, log }).find(reference),
  );
  if (!found) {
    throw new CardeaError({
      code: 'not_found',
      status: 404,
      message:
        'No refusal has this reference in this store (CARDEA_STORE). Refusals are kept for three days, and only so many of one address. That there is nothing at an address (404) is no refusal: the log has it.',
    });
  }
  const explained = explanationOf(found);
  print(explained, options, ({ at, status, details, ...facts }) =>
    card({
      ...facts,
      status: String(status),
      at: instant(at),
      ...Object.fromEntries(
        Object.entries(details).map(([name, value]) => [name, [value].flat().join(' ')]),
      ),
    }),
  );
}
