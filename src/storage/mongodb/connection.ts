/**
 * The connection to MongoDB: how it is made and how soon it gives up. It owns no collection. The driver
 * reconnects by itself.
 */
import {
  type Db,
  type FindCursor,
  MongoClient,
  type MongoClientOptions,
  MongoServerError,
} from 'mongodb';
import { CardeaError } from '../../errors.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { StoreLog } from '../store.ts';
import { toStoreError } from './errors.ts';
import { createPatience } from './patience.ts';

export type Connection = {
  database: Db;
  /** Runs an operation; a lost, slow or refusing server becomes StoreUnavailableError. */
  guard<T>(operation: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type ConnectionOptions = {
  url: string;
  database: string;
  log?: StoreLog | undefined;
  /** Milliseconds in which the server must answer; 0: any time (for the building of indexes). */
  answerMs: number;
};

/** Milliseconds after which a server that cannot be reached counts as lost. */
const reachMs = 1500;

/** What the promises of the store rest on; an address cannot weaken it. */
const guarantees = {
  readPreference: 'primary',
  // Never an answer that a change of the primary could take back.
  readConcern: { level: 'majority' },
} satisfies MongoClientOptions;

/** An error code of the server: name and password do not fit. */
const authenticationFailed = 18;

/**
 * Connects; throws StoreUnavailableError when no server can be reached, and a CardeaError for an address
 * that is malformed (`store_url_invalid`) or whose name and password are refused (`store_refused`).
 */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const { url, database, log, answerMs } = options;
  const client = createClient(url, {
    ...guarantees,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: answerMs },
    serverSelectionTimeoutMS: reachMs,
    connectTimeoutMS: reachMs,
    // A server that is back is found within a second, also where its sockets only fell silent.
    heartbeatFrequencyMS: 1000,
    waitQueueTimeoutMS: answerMs || reachMs,
    // Later than wtimeoutMS, which answers without the loss of the connection.
    socketTimeoutMS: answerMs && answerMs + 1000,
    appName: 'cardea',
  });
  const patience = answerMs
    ? createPatience({ answerMs, askForLife: () => client.db(database).command({ ping: 1 }) })
    : { wait: <T>(operation: () => Promise<T>) => operation() };
  const silence = log && reportOutages(client, log);
  const guard = async <T>(operation: () => Promise<T>) => {
    try {
      return await patience.wait(operation);
    } catch (error) {
      throw toStoreError(error);
    }
  };
  const close = async () => {
    silence?.();
    await client.close();
  };
  try {
    await client.connect();
  } catch (thrown) {
    await close();
    const error = toStoreError(thrown);
    const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
    throw cause instanceof MongoServerError && cause.code === authenticationFailed
      ? new CardeaError({
          code: 'store_refused',
          status: 500,
          message: `The MongoDB server refused the name and password in the store's URL (CARDEA_STORE).`,
          cause,
        })
      : error;
  }
  return { database: client.db(database), guard, close };
}

function createClient(url: string, options: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(url, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\/\/.*@/, '//…@') : '';
    throw new CardeaError({
      code: 'store_url_invalid',
      status: 500,
      message: `The store's URL (CARDEA_STORE) is not a MongoDB connection string: ${reason}`,
    });
  }
}

/** Logs when the last writable server is lost and when there is one again; answers how to stop that. */
function reportOutages(client: MongoClient, log: StoreLog): () => void {
  let reachable = true;
  const listener = ({ newDescription }: { newDescription: { servers: Servers } }) => {
    const now = [...newDescription.servers.values()].some((server) => server.isWritable);
    if (now === reachable) return;
    reachable = now;
    if (now) log.info({ engine: 'mongodb' }, 'store is back');
    else log.warn({ engine: 'mongodb' }, 'store lost');
  };
  client.once('open', () => client.on('topologyDescriptionChanged', listener));
  return () => client.off('topologyDescriptionChanged', listener);
}

type Servers = Map<string, { isWritable: boolean }>;

/** The text itself; a TypeError for anything else, which the server could read as an operator. */
export function asText(text: string): string {
  if (typeof text !== 'string') throw new TypeError('Only a text can be looked for');
  return text;
}

/**
 * The first `size` of what is found, in one response. Without a batch size a server sends 101 of them, and has to be asked
 * for the others.
 */
export function firstOf<Schema>(found: FindCursor<Schema>, size: number): Promise<Schema[]> {
  return found.limit(size).batchSize(size).toArray();
}

/** Matches exactly this text. */
export function exactly(text: string): { $eq: string } {
  return { $eq: asText(text) };
}

/** Matches the record with exactly this id. */
export function byId(id: string): { _id: { $eq: string } } {
  return { _id: exactly(id) };
}
