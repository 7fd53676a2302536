import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from 'koa';
import { pageTurns } from '../../src/http/page_turns.ts';
import type { ErrorFamily } from '../../src/http/routing/route.ts';

/** A request to a route of this family, as far as the layer looks at it. */
function requestFor(errors: ErrorFamily): Context {
  return { state: { match: { errors } } } as unknown as Context;
}

describe('Turns of pages', () => {
  test('Of pages that arrive together one is begun in each turn of the event loop, in their order, and a program waits for none', async () => {
    const layer = pageTurns();
    const begun: string[] = [];
    const arrive = (name: string, errors: ErrorFamily) =>
      layer(requestFor(errors), async () => void begun.push(name));
    const pages = ['first', 'second', 'third'].map((name) => arrive(name, 'page'));
    const program = arrive('program', 'oauth');
    assert.deepEqual(begun, ['program']);
    const counts = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await nextTurn();
      counts.push(begun.length);
    }
    assert.deepEqual(counts, [2, 3, 4]);
    await Promise.all([...pages, program]);
    assert.deepEqual(begun, ['program', 'first', 'second', 'third']);
    await Promise.all([arrive('later', 'page')]);
    assert.equal(begun.at(-1), 'later');
  });

  test('A page whose time has run out while it waited is not begun', async () => {
    const layer = pageTurns();
    let isBegun = false;
    const request = requestFor('page');
    const done = layer(request, async () => {
      isBegun = true;
    });
    request.state.over = true;
    await done;
    assert.equal(isBegun, false);
  });

  test('A page that fails keeps no other from its turn', async () => {
    const layer = pageTurns();
    const failing = layer(requestFor('page'), () => Promise.reject(new Error('failed')));
    let isBegun = false;
    const next = layer(requestFor('page'), async () => {
      isBegun = true;
    });
    await assert.rejects(Promise.resolve(failing), /failed/);
    await next;
    assert.equal(isBegun, true);
  });
});
