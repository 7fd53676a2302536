/**
 * The program's log: JSON lines on stdout, or readable lines on a terminal. It owns how a line is written and
 * that it contains no secret. What is logged is up to the rooms.
 */
import { createRequire } from 'node:module';
import type { Transform } from 'node:stream';
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from '../definitions/logs.ts';
import { describeError, withoutSecrets } from './log_fields.ts';
import { createLogSink } from './log_sink.ts';
import { readableLine } from './readable_line.ts';

type WriteLine = (fields: object, message: string) => void;

/** Fields are snake_case. The message is constant: whatever varies is a field. */
export type Log = {
  fatal: WriteLine;
  error: WriteLine;
  warn: WriteLine;
  info: WriteLine;
  debug: WriteLine;
  /** Whether `debug` writes anything. Check it before computing something expensive for the log. */
  isDebug: boolean;
  /** A log that adds these fields to each line. */
  child(fields: Record<string, unknown>): Log;
};

export type ProcessLog = Log & {
  /** Resolves when all lines so far were handed to the operating system. */
  flush(): Promise<void>;
};

export type LogOptions = {
  level: LogLevel;
  /** Readable lines instead of JSON, for a terminal. */
  pretty: boolean;
  /** Instead of stdout. A full Writable if `pretty`. */
  destination?: DestinationStream;
};

/** Writes to stdout without waiting for it: a slow reader of the log does not slow down requests. */
export function createLog({ level, pretty, destination }: LogOptions): ProcessLog {
  // When its disk is full, pino's own destination waits forever and blocks the process.
  const sink = pretty || destination ? undefined : createLogSink({ descriptor: 1, droppedLine });
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields),
      },
    },
    sink ?? (pretty ? prettyStream(destination) : destination),
  );
  return {
    ...toLog(logger),
    flush: () => new Promise((resolve) => logger.flush(() => resolve())),
  };
}

function droppedLine(lines: number): string {
  const [level, time] = ['warn', new Date().toISOString()];
  const msg = 'the log could not be written, so lines were dropped';
  return `${JSON.stringify({ level, time, pid: process.pid, lines, msg })}\n`;
}

function toLog(logger: pino.Logger): Log {
  return {
    fatal: (fields, message) => logger.fatal(fields, message),
    error: (fields, message) => logger.error(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    info: (fields, message) => logger.info(fields, message),
    debug: (fields, message) => logger.debug(fields, message),
    isDebug: logger.isLevelEnabled('debug'),
    child: (fields) => toLog(logger.child(withoutSecrets(fields))),
  };
}

/** Loaded only for a terminal: a node in production starts without it. */
function prettyStream(destination: DestinationStream = process.stdout): Transform {
  const pinoPretty = createRequire(import.meta.url)('pino-pretty');
  return pinoPretty({
    destination,
    sync: true,
    colorize: process.stdout.isTTY === true && !process.env.NO_COLOR,
    ignore: 'pid',
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: readableLine,
  });
}
