import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createLog } from '../../src/telemetry/log.ts';
import { createLogSink } from '../../src/telemetry/log_sink.ts';
import { createKeptLog } from '../support/site.ts';

describe('Logging', () => {
  test('A field named like a secret is redacted at any depth and in any spelling', () => {
    const { log, texts } = createKeptLog();
    const names = [
      ...['authorization', 'Proxy-Authorization', 'cookie', 'set-cookie', 'DPoP', 'password'],
      ...['client_secret', 'clientSecret', 'token', 'access_token', 'refresh_token', 'id_token'],
      ...[
        'code',
        'code_verifier',
        'client_assertion',
        'device_code',
        'user_code',
        'api_key',
        'secrets',
      ],
    ];
    for (const name of names) {
      log.info({ [name]: 'SENTINEL', headers: { deep: [{ [name]: ['SENTINEL'] }] } }, 'line');
      log.child({ [name]: 'SENTINEL' }).warn({}, 'line');
    }
    assert.equal(texts.length, names.length * 2);
    for (const text of texts) assert.doesNotMatch(text, /SENTINEL/);
  });

  test('Credentials in URLs and headers within text are redacted', () => {
    const { log, texts } = createKeptLog();
    const error = new Error('mongodb://app:SENTINEL@db/x?a=1 GET /cb?code=SENTINEL&state=1', {
      cause: new Error('Authorization: Bearer SENTINEL.SENTINEL'),
    });
    log.error({ err: error, url: new URL('https://u:SENTINEL@h/?access_token=SENTINEL') }, 'line');
    assert.doesNotMatch(texts.join(''), /SENTINEL/);
    assert.match(texts.join(''), /mongodb:\/\/app:\[redacted\]@db/);
  });

  test('An error is logged with type, code, stack and causes, but without extra fields of its library', () => {
    const { log, lines, texts } = createKeptLog();
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), {
      code: 'E_CODE',
      request: { body: 'SENTINEL' },
    });
    log.error({ err: error }, 'line');
    const told = lines[0]?.err as Record<string, unknown>;
    assert.equal(told.type, 'TypeError');
    assert.equal(told.code, 'E_CODE');
    assert.match(String(told.stack), /log\.test\.ts/);
    assert.equal((told.cause as { message: string }).message, 'inner');
    assert.doesNotMatch(texts.join(''), /SENTINEL/);
    const circle = new Error('round');
    circle.cause = circle;
    log.error({ err: circle }, 'line');
  });

  test('Unusual values do not break a log line', () => {
    const { log, lines } = createKeptLog();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    log.info(
      { circle, bytes: Buffer.from('x'), at: new Date(0), none: undefined, nil: null },
      'line',
    );
    assert.equal(lines[0]?.bytes, '[binary]');
    assert.equal(lines[0]?.at, '1970-01-01T00:00:00.000Z');
  });

  test('Control characters from clients do not reach a terminal', () => {
    let written = '';
    const destination = new Writable({
      write(text, _encoding, done) {
        written += text;
        done();
      },
    });
    const log = createLog({ level: 'info', pretty: true, destination });
    log.error({ err: new Error('\u001b]0;owned\u0007'), client_id: '\u001b[2J\r\n' }, 'message');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(written.replace(/\u001b\[\d+m/g, ''), /[\u0007\r\u001b]/);
    assert.match(written, /message/);

    written = '';
    const request = { method: 'POST', route: 'token', status: 400, duration_ms: 12.34 };
    log.info(
      { ...request, client_id: 'x\n[00:00:00] INFO: y status=200', request_id: 'r1' },
      'request',
    );
    log.info({ ...request, status: 200, ip: '127.0.0.1', request_id: 'r2' }, 'request');
    log.fatal({ reason: 'The port is in use.' }, 'could not start');
    const lines = written.trim().split('\n');
    assert.equal(lines.length, 3, written);
    assert.match(
      lines[0] ?? '',
      /POST token 400 12 ms client_id="x\\n.* status=200" request_id=r1/,
    );
    assert.match(lines[1] ?? '', /POST token 200 12 ms/);
    assert.doesNotMatch(lines[1] ?? '', /request_id|127\.0\.0\.1/);
    assert.match(lines[2] ?? '', /could not start: The port is in use\./);
  });

  test('Flushed log lines survive an immediate exit of the process', async () => {
    const program = `
      const { createLog } = await import('${new URL('../../src/telemetry/log.ts', import.meta.url)}');
      const log = createLog({ level: 'info', pretty: false });
      for (let n = 0; n < 2000; n += 1) log.info({ n, filler: 'x'.repeat(100) }, 'line');
      await log.flush();
      process.exit(0);
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', program],
      { maxBuffer: 1e7 },
    );
    const numbers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).n);
    assert.deepEqual(
      numbers,
      Array.from({ length: 2000 }, (_, n) => n),
    );
  });

  test('An unwritable log loses its lines and neither blocks nor ends the process', async () => {
    const program = `
      const { createLog } = await import('${new URL('../../src/telemetry/log.ts', import.meta.url)}');
      const log = createLog({ level: 'info', pretty: false });
      log.info({}, 'line');
      await log.flush();
      log.fatal({}, 'line');
      process.on('exit', () => process.stderr.write('at its own end'));
    `;
    // Writing to it fails as on a full disk: for good, and not because a reader is slow.
    const unwritable = await open('/dev/null', 'r');
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', unwritable.fd, 'pipe'],
      timeout: 60_000,
    });
    const [told, [code, signal]] = await Promise.all([
      text(child.stderr as NodeJS.ReadableStream),
      once(child, 'exit'),
    ]);
    await unwritable.close();
    assert.deepEqual({ told, code, signal }, { told: 'at its own end', code: 0, signal: null });
  });

  test('Log lines beyond the buffer of a slow log are dropped and counted in the log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-log-'));
    const file = await open(join(folder, 'log'), 'w+');
    const sink = createLogSink({
      descriptor: file.fd,
      droppedLine: (count) => `dropped ${count}\n`,
    });
    const line = `${'x'.repeat(999)}\n`;
    const given = 6000;
    for (let n = 0; n < given; n += 1) sink.write(line);
    await new Promise<void>((resolve) => sink.flush(resolve));
    const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
    const [dropped = ''] = lines.filter((each) => each.startsWith('dropped '));
    const written = lines.filter((each) => `${each}\n` === line).length;
    assert.ok(written > 0 && written < given);
    assert.equal(written + Number(dropped.replace('dropped ', '')), given);
    assert.equal(lines.length, written + 1);
    await file.close();
    await rm(folder, { recursive: true });
  });
});
