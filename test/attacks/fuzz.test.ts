/**
 * Requests that nobody thought of: whatever method, path, parameters, headers and body come together, the
 * server answers with an error of the protocol, shows nothing of its inside, and keeps its state.
 */
import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { declaration } from './configuration.ts';
import { clientCredentials, type Sent, sent } from './fuzz_requests.ts';
import { sqliteTarget, type Target } from './target.ts';

/** Milliseconds; CARDEA_FUZZ_MS gives a longer search. */
const timeLimit = Number(process.env.CARDEA_FUZZ_MS ?? 8_000);

const agent = new Agent({ keepAlive: true });

async function send({ url }: Target, { method, path, headers: own, body: content }: Sent) {
  const length = String(Buffer.byteLength(content));
  const outgoing = request(`${url}${path}`, {
    method,
    headers: { ...own, 'content-length': length },
    agent,
  });
  outgoing.setTimeout(10_000, () => outgoing.destroy(new Error('no answer')));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  outgoing.end(content);
  const answer = await answered;
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}

sqliteTarget(declaration, (target) => {
  test('No random request makes the server fail, reveal its internals or change protected state', async () => {
    const initialToken = await target().initialAccessToken();
    const kept = async () => {
      const { clients, users, documents = [], revocations } = await target().dump();
      const own = (clients ?? []).filter(({ record }) => !String(record).includes('"dynamic"'));
      // Whoever gets a token takes places of a status list.
      const others = documents.filter(({ name }) => name !== 'status_lists');
      return JSON.stringify({ own, users, others, revocations });
    };
    const first = await send(target(), clientCredentials);
    assert.equal(first.status, 200);
    const before = await kept();
    await fc.assert(
      fc.asyncProperty(sent, async (asked) => {
        const own = { ...asked.headers };
        if (own.authorization === 'Bearer token') own.authorization = `Bearer ${initialToken}`;
        const answer = await send(target(), { ...asked, headers: own });
        const { status, headers: answered, text: shown } = answer;
        assert.ok(status >= 200 && status < 500, `status ${status}`);
        assert.doesNotMatch(shown, /\bat \S+ \(|node_modules|\.(ts|js):\d+|SQLITE|Mongo/);
        assert.ok(answered['x-request-id']);
        assert.equal(answered['x-content-type-options'], 'nosniff');
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: timeLimit, endOnFailure: false },
    );
    assert.equal(await kept(), before);
    agent.destroy();
  });
});
