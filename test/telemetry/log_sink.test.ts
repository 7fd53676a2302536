import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createLogSink } from '../../src/telemetry/log_sink.ts';

const sinkModule = new URL('../../src/telemetry/log_sink.ts', import.meta.url);

describe('The log sink', () => {
  test('Lines of any length and alphabet reach a file whole and in their order', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-log-'));
    const file = await open(join(folder, 'log'), 'w+');
    t.after(async () => {
      await file.close();
      await rm(folder, { recursive: true });
    });
    const sink = createLogSink({ descriptor: file.fd, droppedLine: String });
    const lines = Array.from({ length: 300 }, (_, n) => {
      const filler = ['x', 'é', '語', '😀'][n % 4] ?? '';
      // Some are longer than all that is written at once.
      return `${n} ${filler.repeat(n % 50 === 0 ? 70_000 : n * 3)}\n`;
    });
    for (const [n, line] of lines.entries()) {
      sink.write(line);
      if (n % 100 === 0) await new Promise<void>((resolve) => sink.flush(resolve));
    }
    await new Promise<void>((resolve) => sink.flush(resolve));
    assert.equal(await readFile(join(folder, 'log'), 'utf8'), lines.join(''));
  });

  test('Lines of several processes do not mix in one pipe', async () => {
    const program = `
      const { createLogSink } = await import('${sinkModule}');
      const sink = createLogSink({ descriptor: 1, droppedLine: String });
      for (let n = 0; n < 3000; n += 1) {
        sink.write(process.argv[1].repeat(1 + n % 700) + '\\n');
        if (n % 100 === 0) await new Promise((resolve) => sink.flush(resolve));
      }
      await new Promise((resolve) => sink.flush(resolve));
    `;
    // A shell passes one and the same pipe to all of them.
    const run = `"$0" --input-type=module -e "$1"`;
    const shell = spawn(
      'sh',
      ['-c', `${run} a & ${run} é & ${run} 語 & wait`, process.execPath, program],
      { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 },
    );
    let text = '';
    shell.stdout.setEncoding('utf8');
    for await (const part of shell.stdout) text += part;
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, 9000);
    for (const line of lines) assert.match(line, /^(a+|é+|語+)$/);
  });

  test('What was not written at the end of the process is written then', async () => {
    const program = `
      const { createLogSink } = await import('${sinkModule}');
      const sink = createLogSink({ descriptor: 1, droppedLine: String });
      for (let n = 0; n < 100; n += 1) sink.write(n + 'x'.repeat(100) + '\\n');
      process.exit(0);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000,
    });
    let text = '';
    for await (const part of child.stdout) text += part;
    assert.deepEqual(
      text.trimEnd().split('\n').map(Number.parseFloat),
      Array.from({ length: 100 }, (_, n) => n),
    );
  });
});
