/**
 * Where the log's lines go: collected briefly, then written in pieces. It owns that a log that cannot be
 * written (disk full, reader gone) costs lines, never the process: a limited amount waits, and what exceeds
 * it is dropped and counted.
 */
import { write, writeSync } from 'node:fs';

export type LogSink = {
  write(line: string): void;
  /** Calls back when all lines so far were written, or one of them could not be. */
  flush(done: () => void): void;
  /** At the end of the process. Waits only briefly for a slow reader. */
  flushSync(): void;
};

/** Lines are collected for this many milliseconds, or until there are this many characters. */
const gatherMs = 50;
const gatherLength = 2048;
/** Bytes written at once, so that lines of several processes do not mix in a pipe (PIPE_BUF). */
const pieceLength = 4096;
/** The most characters that wait. */
const mostWaiting = 4 * 1024 * 1024;
/** Milliseconds until the next try: when the reader of a pipe is slow, and when writing failed. */
const busyMs = 5;
const failedMs = 1000;
/** Milliseconds that the end of the process waits for a slow reader. */
const exitWaitMs = 500;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

export function createLogSink({
  descriptor,
  droppedLine,
}: {
  descriptor: number;
  /** The line that says how many were dropped. */
  droppedLine: (count: number) => string;
}): LogSink {
  const waiting: string[] = [];
  let waitingLength = 0;
  let dropped = 0;
  /** Being written, or not written completely. */
  let piece: Buffer = Buffer.alloc(0);
  let isWriting = false;
  let timer: NodeJS.Timeout | undefined;
  let flushed: (() => void)[] = [];

  const add = (line: string) => {
    waiting.push(line);
    waitingLength += line.length;
  };

  const nextPiece = () => {
    if (piece.length > 0) return;
    if (dropped > 0 && waitingLength < mostWaiting / 2) {
      add(droppedLine(dropped));
      dropped = 0;
    }
    let count = 0;
    let length = 0;
    for (const line of waiting) {
      const bytes = Buffer.byteLength(line);
      if (count > 0 && length + bytes > pieceLength) break;
      count += 1;
      length += bytes;
    }
    const text = waiting.splice(0, count).join('');
    waitingLength -= text.length;
    piece = Buffer.from(text);
  };

  const callBack = () => {
    const called = flushed;
    flushed = [];
    for (const done of called) done();
  };

  const later = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      start();
    }, ms).unref();
  };

  const start = () => {
    if (isWriting) return;
    nextPiece();
    if (piece.length === 0) return callBack();
    isWriting = true;
    const sent = piece;
    write(descriptor, sent, 0, sent.length, null, (error, written) => {
      isWriting = false;
      if (!error) {
        if (piece === sent) piece = sent.subarray(written);
        return start();
      }
      if (isWouldBlock(error)) return later(busyMs);
      callBack();
      later(failedMs);
    });
  };

  const sink: LogSink = {
    write(line) {
      if (waitingLength + line.length > mostWaiting) {
        dropped += 1;
        return;
      }
      add(line);
      if (timer === undefined && waitingLength >= gatherLength) start();
      else later(gatherMs);
    },
    flush(done) {
      flushed.push(done);
      start();
    },
    flushSync() {
      // What is already being written cannot be taken back.
      if (isWriting) piece = Buffer.alloc(0);
      const until = performance.now() + exitWaitMs;
      for (nextPiece(); piece.length > 0; nextPiece()) {
        try {
          piece = piece.subarray(writeSync(descriptor, piece));
        } catch (error) {
          if (!isWouldBlock(error) || performance.now() > until) return;
          Atomics.wait(sleeper, 0, 0, busyMs);
        }
      }
    },
  };
  process.on('exit', sink.flushSync);
  return sink;
}

function isWouldBlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(EAGAIN|EBUSY)$/.test(String(error.code));
}
