import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { CardeaError } from '../../src/errors.ts';
import { requestState } from '../../src/http/request_state.ts';
import { jsonOf, startSite, until } from '../support/site.ts';

const limitMs = 200;

describe('Request deadlines', () => {
  test('A request that waits in vain is answered with 503, and its late result changes nothing', async (t) => {
    const { promise: later, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: over, resolve: told } = Promise.withResolvers<boolean | undefined>();
    const { url, lines } = await startSite(t, {
      limitMs,
      routes: (app) =>
        app.use(async (ctx) => {
          await later;
          ctx.body = { late: true };
          told(requestState(ctx).over);
          throw new CardeaError({ code: 'late', status: 500, message: 'nobody hears this' });
        }),
    });
    const answer = await fetch(`${url}/token`);
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.equal((await jsonOf(answer)).error, 'temporarily_unavailable');
    goOn();
    assert.equal(await over, true);
    const failed = await until(() => lines.find(({ msg }) => msg === 'failed after its answer'));
    assert.equal(failed.request_id, answer.headers.get('x-request-id'));
    assert.equal(
      lines.some(({ level }) => level === 'error'),
      false,
    );
  });

  test('A long poll has as much time as it asks for', async (t) => {
    const { url } = await startSite(t, {
      limitMs,
      routes: (app) =>
        app.use(async (ctx) => {
          requestState(ctx).extraTimeMs = 60_000;
          await new Promise((resolve) => setTimeout(resolve, 3 * limitMs));
          ctx.body = 'changed';
        }),
    });
    assert.equal(await (await fetch(url)).text(), 'changed');
  });

  test('The time in which the client sends its body does not count against the deadline', async (t) => {
    const { port } = await startSite(t, {
      limitMs,
      routes: (app) =>
        app.use(async (ctx) => {
          let body = '';
          for await (const chunk of ctx.req) body += chunk;
          ctx.body = body;
        }),
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsl');
    setTimeout(() => socket.write('ow'), 3 * limitMs);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /slow$/);
  });
});
