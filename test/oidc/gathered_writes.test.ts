/**
 * What a token request writes for its answer alone (src/oidc/records/gathered_writes.ts).
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inContext } from '../../src/oidc/engine/library_parts.ts';
import type { ProgramContext } from '../../src/oidc/engine/program_context.ts';
import { beforeAnswer, gatherWrites } from '../../src/oidc/records/gathered_writes.ts';

function inRequest<T>(work: () => Promise<T>): Promise<T> {
  return inContext({} as ProgramContext, work);
}

describe('Writes that only the answer of a request waits for', () => {
  test('The request goes on at once, and its answer waits until the write is durable', async () => {
    const steps: string[] = [];
    const disk = Promise.withResolvers<void>();
    const answered = inRequest(async () => {
      await gatherWrites(async () => {
        await beforeAnswer(disk.promise.then(() => steps.push('written')));
        steps.push('went on');
        disk.resolve();
      });
      steps.push('answered');
    });
    await answered;
    assert.deepEqual(steps, ['went on', 'written', 'answered']);
  });

  test('A write that fails fails the request, also where it fails before anybody waits for it', async () => {
    const answered = inRequest(() =>
      gatherWrites(async () => {
        await beforeAnswer(Promise.reject(new Error('the disk is full')));
        await new Promise(setImmediate);
      }),
    );
    await assert.rejects(answered, /the disk is full/);
  });

  test('A request that gathers nothing waits for each of its writes', async () => {
    await assert.rejects(
      inRequest(() => beforeAnswer(Promise.reject(new Error('the disk is full')))),
      /the disk is full/,
    );
  });
});
