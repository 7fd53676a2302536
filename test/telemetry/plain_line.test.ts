import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createLog, type Log } from '../../src/telemetry/log.ts';

type Fields = Record<string, unknown>;
type Level = 'info' | 'debug';

const request = {
  ...{ client_id: 'service-a', grant_type: 'client_credentials', error: undefined },
  ...{ request_id: 'd9428888-122b-41e1-b85c-61cd3cbb3210', method: 'POST', route: 'token' },
  ...{ status: 200, duration_ms: 1.25, ip: '2001:db8::1', aborted: true },
};
const apiKey = `acme_live_${'a1'.repeat(19)}`;
const jwt = 'eyJhbGciOiJ9.eyJ9.c2lnbmF0dXJl';

/** What a log writes directly, and what it writes through pino alone: the lines of a child without fields. */
function twoLogs(t: TestContext, level: Level) {
  // So that both write the same time.
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 1, 3, 4, 5, 6, 7) });
  const texts: string[] = [];
  const destination = { write: (text: string) => void texts.push(text) };
  const log = createLog({ level, pretty: false, destination });
  const line = (writer: Log, to: Level, fields: Fields, message: string) => {
    texts.length = 0;
    writer[to](fields, message);
    return texts.join('');
  };
  const pinos = log.child({});
  return {
    direct: (to: Level, fields: Fields, message: string) => line(log, to, fields, message),
    pino: (to: Level, fields: Fields, message: string) => line(pinos, to, fields, message),
  };
}

const oddPieces = fc.constantFrom(
  ...['"', '\\', '\n', '\t', '\u0000', '\u001b[2J', '\u007f', '\u009b', '\u2028', '\u202e'],
  ...['\ud800', '\udc00', '😀', 'é', '/', ':', '://', '=', '?code=', '&', ' ', 'Bearer ', 'a@b'],
  ...['mongodb://u:pass@host', 'Basic dXNlcjpwYXNz', apiKey, jwt, 'eyJ', 'x'.repeat(60)],
);
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 130 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 130 }),
  // Two-byte units of any kind, half of a pair included.
  fc.array(fc.nat(0xffff), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes)),
  fc
    .array(fc.oneof(oddPieces, fc.string({ unit: 'grapheme-ascii', maxLength: 12 })), {
      maxLength: 8,
    })
    .map((pieces) => pieces.join('')),
);
const oddValue = fc.oneof(
  { weight: 4, arbitrary: oddText },
  fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.constantFrom(undefined, null, -0)),
  fc.oneof(fc.array(oddText), fc.dictionary(oddText, oddText)),
  fc.constantFrom(new Date(0), new URL('https://u:p@host/?code=x'), Buffer.from('x'), () => 1),
);
const names = fc.oneof(
  fc.constantFrom(...Object.keys(request), 'level', 'time', 'msg', 'err', 'headers', 'setHeader'),
  fc.constantFrom('token', 'Client-Secret', 'accessToken', 'toJSON', '__proto__', 'constructor'),
  oddText,
);

describe('Lines written directly', () => {
  for (const level of ['info', 'debug'] as const) {
    test(`A line with odd fields at ${level} is the one that pino writes, byte for byte`, (t) => {
      const { direct, pino } = twoLogs(t, 'debug');
      fc.assert(
        fc.property(fc.dictionary(names, oddValue), oddText, (fields, message) => {
          assert.equal(direct(level, fields, message), pino(level, fields, message));
        }),
        { numRuns: 2000 },
      );
    });
  }

  test("A request's line with one odd value is the one that pino writes, byte for byte", (t) => {
    const { direct, pino } = twoLogs(t, 'info');
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(request)),
        fc.oneof(oddText, oddValue),
        (name, value) => {
          const fields = { ...request, [name]: value };
          assert.equal(direct('info', fields, 'request'), pino('info', fields, 'request'));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('Any instant is written as pino writes it, to the millisecond', (t) => {
    const { direct } = twoLogs(t, 'info');
    fc.assert(
      fc.property(
        fc.date({
          min: new Date(0),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        (at) => {
          t.mock.timers.setTime(at.getTime());
          assert.equal(JSON.parse(direct('info', request, 'request')).time, at.toISOString());
        },
      ),
    );
  });

  test('No credential in a field of a request gets into its line', (t) => {
    const { direct } = twoLogs(t, 'info');
    const secrets = [
      ...[apiKey, `(${apiKey})`, jwt, `x.${jwt}`, 'https://u:s3cret@host'],
      ...['/cb?code=s3cret', 'a:Bearer s3cret12345', 'x=1 Basic s3cret12345'],
    ];
    for (const name of ['client_id', 'outcome', 'error', 'route', 'ip', 'request_id']) {
      for (const secret of secrets) {
        const line = direct('info', { ...request, [name]: secret }, 'request');
        assert.match(line, /\[redacted\]/);
        assert.doesNotMatch(line, /a1a1a1|c2lnbmF0dXJl|s3cret/);
      }
    }
    for (const name of ['token', 'clientSecret', 'API-Key']) {
      assert.doesNotMatch(direct('info', { ...request, [name]: 's3cret' }, 'request'), /s3cret/);
    }
  });

  test('A line below the level of the log is not written', (t) => {
    const { direct } = twoLogs(t, 'info');
    assert.equal(direct('debug', request, 'request'), '');
    assert.notEqual(direct('info', request, 'request'), '');
  });
});
