/**
 * The thread that writes what no response waits for, and brings the log into the database, with a connection of its
 * own: neither stands in the way of requests. routine_writer.ts starts it. It creates and migrates nothing.
 */
import { fdatasyncSync, statSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { StoreUnavailableError } from '../errors.ts';
import { foldLogOnCommit, foldLongLog, foldWholeLog } from './checkpoints.ts';
import { openConnection, type Row } from './connection.ts';
import { createLogSync } from './log_sync.ts';
import { type RoutineStatement, routineStatements } from './routine_statements.ts';
import { createWriter } from './writer.ts';

export type RoutineThreadOptions = {
  path: string;
  /** The inode of the file that the process has open. */
  inode: number;
  /** Milliseconds for which another process's lock is waited for. */
  timeoutMs: number;
};

export type RoutineBatch = {
  id: number;
  statement: RoutineStatement;
  rows: readonly Row[];
  /** Whether the answer waits for the disk. */
  durable: boolean;
};

/** `log_grew`: the process itself has written much. `close` ends the thread. */
export type ToRoutineThread = RoutineBatch | 'log_grew' | 'close';

/** How many rows a batch changed, or why it was not written; of an error its class would get lost on the way. */
export type FromRoutineThread =
  | { id: number; changed: number }
  | { id: number; failure: string; isOutage: boolean };

async function serve(port: MessagePort, options: RoutineThreadOptions): Promise<void> {
  const { path, inode, timeoutMs } = options;
  if (statSync(path).ino !== inode) throw new Error('the database file was moved or replaced');
  const connection = await openConnection(path, timeoutMs);
  const logSync = createLogSync({
    ...{ path, fold: () => foldWholeLog(connection) },
    // Here nobody else waits, so no other thread need be asked.
    sync: async (log) => fdatasyncSync(log.fd),
  });
  const { write, writeVolatile, drained } = createWriter(connection, { logSync, timeoutMs });
  foldLogOnCommit(connection, true);

  const writeBatch = async (batch: RoutineBatch): Promise<FromRoutineThread> => {
    const { id, statement, rows, durable } = batch;
    const work = () => connection.runEach(routineStatements[statement], rows);
    try {
      const changed = await (durable ? write : writeVolatile)(work);
      return { id, changed };
    } catch (error) {
      const isOutage = error instanceof StoreUnavailableError;
      const { message } = (isOutage ? error.cause : error) as Error;
      return { id, failure: message, isOutage };
    }
  };
  const close = async () => {
    await drained();
    await logSync.close();
    connection.close();
    port.close();
  };

  let responded: Promise<unknown> = Promise.resolve();
  port.on('message', (message: ToRoutineThread) => {
    if (message === 'close') return responded.then(close);
    // Before the batch: the first commit after it begins the log anew, and waits for the disk once.
    foldLongLog(connection);
    if (message === 'log_grew') return;
    const responding = writeBatch(message).then((response) => port.postMessage(response));
    responded = Promise.all([responded, responding]);
  });
}

if (parentPort) await serve(parentPort, workerData);
