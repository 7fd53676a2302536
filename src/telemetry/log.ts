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
import { createPlainLine, createTimeField } from './plain_line.ts';
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
  const sink = pretty ? undefined : (destination ?? createLogSink({ descriptor: 1, droppedLine }));
  const timeField = createTimeField();
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: timeField,
      serializers: { err: describeError },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields),
      },
    },
    sink ?? prettyStream(destination),
  );
  return {
    ...toLog(logger),
    ...(sink && plainLog(logger, sink, timeField)),
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

/**
 * The two levels that requests are logged at, with their lines written directly where they are plain. The lines of a
 * `child` are pino's alone.
 */
function plainLog(
  logger: pino.Logger,
  sink: DestinationStream,
  timeField: () => string,
): Pick<Log, 'info' | 'debug'> {
  const writer = (level: 'info' | 'debug'): WriteLine => {
    const { [level]: writeWithPino } = toLog(logger);
    if (!logger.isLevelEnabled(level)) return writeWithPino;
    const [start, base] = [`{"level":"${level}"`, `,"pid":${process.pid}`];
    const plainLine = createPlainLine({ start, base, timeField });
    return (fields, message) => {
      const line = plainLine(fields, message);
      if (line === undefined) writeWithPino(fields, message);
      else sink.write(line);
    };
  };
  return { info: writer('info'), debug: writer('debug') };
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
