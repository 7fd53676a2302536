/**
 * Writes of what a process gathers in memory and no request waits for. It owns when they happen, that one write runs at a
 * time, that a store which does not answer disturbs nobody, and that the log says so once.
 */
export type WriteLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

/** Rows in one write: it blocks the process for a few milliseconds. */
const rowsInWrite = 200;
const writeEveryMs = 1000;

/**
 * A flush: resolves when what was gathered so far was written, or could not be; never throws. What is gathered during a
 * write goes into the next. `write` keeps what it could not write, and throws. `lost`, `recovered`: the lines of the log.
 */
export function createBackgroundWrite({
  write,
  log,
  lost,
  recovered,
}: {
  write: () => Promise<void>;
  log: WriteLog;
  lost: string;
  recovered: string;
}): () => Promise<void> {
  let flushing: Promise<void> | undefined;
  let isLost = false;

  const attempt = async () => {
    try {
      await write();
      if (isLost) log.info({}, recovered);
      isLost = false;
    } catch (error) {
      if (!isLost) log.warn({ err: error }, lost);
      isLost = true;
    }
  };

  return async () => {
    await flushing;
    flushing ??= attempt().finally(() => {
      flushing = undefined;
    });
    await flushing;
  };
}

export type PeriodicWrite = {
  /** Writes what was gathered so far. Never throws: what could not be written is kept for the next time. */
  flush(): Promise<void>;
  /** Stops the periodic writes and writes the rest. */
  close(): Promise<void>;
};

/** A background write once a second, where there is something. The process does not stay alive for it. */
export function createPeriodicWrite({
  isEmpty,
  ...options
}: Parameters<typeof createBackgroundWrite>[0] & { isEmpty: () => boolean }): PeriodicWrite {
  const flush = createBackgroundWrite(options);
  const timer = setInterval(() => {
    if (!isEmpty()) void flush();
  }, writeEveryMs).unref();
  return {
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Writes the rows in parts, in order. Where one fails, `keep` is given the rows that are left, and it throws. */
export async function writeInParts<Row>(
  rows: readonly Row[],
  { write, keep }: { write: (part: Row[]) => Promise<void>; keep: (left: readonly Row[]) => void },
): Promise<void> {
  for (let first = 0; first < rows.length; first += rowsInWrite) {
    try {
      await write(rows.slice(first, first + rowsInWrite));
    } catch (error) {
      keep(rows.slice(first));
      throw error;
    }
  }
}
