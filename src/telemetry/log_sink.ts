/**
 * Where the log's lines go: collected briefly, then written in pieces. It owns that a log that cannot be
 * written (disk full, reader gone) costs lines, never the process: a limited amount waits, and what exceeds
 * it is dropped and counted.
 */
import { fstatSync, write, writeSync } from 'node:fs';

export type LogSink = {
  write(line: string): void;
  /** Calls back when all lines so far were written, or one of them could not be. */
  flush(done: () => void): void;
  /** At the end of the process. Waits only briefly for a slow reader. */
  flushSync(): void;
};

/**
 * Lines are collected for this many milliseconds, also after a write: each costs a turn in the thread pool, as much as
 * a hundred lines. Writing at once would cost less but may block, even in a non-blocking pipe: its other processes
 * can change that.
 */
const gatherMs = 50;
/** Bytes written at once into a pipe, so that lines of several processes do not mix (PIPE_BUF), and into a file. */
const pieceLengths = { pipe: 4096, file: 65_536 };
/** The most characters, or bytes once they are encoded, that wait. */
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
  const pieceLength = pieceLengths[isPipe(descriptor) ? 'pipe' : 'file'];
  let waiting = '';
  let dropped = 0;
  /** Lines that waited before those of `waiting`; the first piece of them is being written while `isWriting`. */
  let encoded: Buffer = Buffer.alloc(0);
  let isWriting = false;
  let timer: NodeJS.Timeout | undefined;
  let flushed: (() => void)[] = [];

  const nextPiece = (): Buffer => {
    if (encoded.length === 0) {
      if (dropped > 0) waiting += droppedLine(dropped);
      dropped = 0;
      encoded = Buffer.from(waiting);
      waiting = '';
    }
    return encoded.subarray(0, endOfPiece(encoded, pieceLength));
  };

  const callBack = () => {
    const called = flushed;
    flushed = [];
    for (const done of called) done();
  };

  const later = (ms: number) => {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      start();
    }, ms).unref();
  };

  const start = () => {
    if (isWriting) return;
    const piece = nextPiece();
    if (piece.length === 0) return callBack();
    isWriting = true;
    const source = encoded;
    write(descriptor, piece, 0, piece.length, null, (error, written) => {
      isWriting = false;
      if (!error) {
        if (encoded === source) encoded = source.subarray(written);
        return encoded.length > 0 || flushed.length > 0 ? start() : later(gatherMs);
      }
      if (isWouldBlock(error)) return later(busyMs);
      callBack();
      later(failedMs);
    });
  };

  const sink: LogSink = {
    write(line) {
      if (waiting.length + encoded.length + line.length > mostWaiting) {
        dropped += 1;
        return;
      }
      waiting += line;
      if (!isWriting) later(gatherMs);
    },
    flush(done) {
      flushed.push(done);
      start();
    },
    flushSync() {
      // What is already being written cannot be taken back.
      if (isWriting) encoded = encoded.subarray(nextPiece().length);
      const until = performance.now() + exitWaitMs;
      for (let piece = nextPiece(); piece.length > 0; piece = nextPiece()) {
        try {
          encoded = encoded.subarray(writeSync(descriptor, piece));
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

/** The end of the last line within `limit` bytes, or of the first line if that is longer. */
function endOfPiece(lines: Buffer, limit: number): number {
  if (lines.length <= limit) return lines.length;
  const newline = 0x0a;
  const last = lines.lastIndexOf(newline, limit - 1);
  const end = last < 0 ? lines.indexOf(newline, limit) : last;
  return end < 0 ? lines.length : end + 1;
}

/** Of what cannot be told, too. */
function isPipe(descriptor: number): boolean {
  try {
    const kind = fstatSync(descriptor);
    return kind.isFIFO() || kind.isSocket();
  } catch {
    return true;
  }
}

function isWouldBlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(EAGAIN|EBUSY)$/.test(String(error.code));
}
