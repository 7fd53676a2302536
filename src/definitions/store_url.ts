/**
 * Store URLs, as in CARDEA_STORE: `sqlite:<path>`, or `mongodb://…` / `mongodb+srv://…` with a database name. The
 * configuration check, the opening of a store and its display all use this one grammar.
 */
import { CardeaError } from '../errors.ts';

export type StoreAddress =
  | { engine: 'sqlite'; path: string }
  | { engine: 'mongodb'; scheme: string; hosts: string; database: string };

export type StoreUrlProblem =
  | 'unknown_engine'
  | 'no_file'
  | 'in_memory'
  | 'malformed'
  | 'no_database';

/** `new URL` cannot parse several hosts. */
const mongodbUrl =
  /^(mongodb(?:\+srv)?):\/\/(?:[^@/?#\s]*@)?([^@/?#\s]+)(?:\/([^/?#\s]*))?(?:\?\S*)?$/;

/** Database names that the MongoDB manual allows on every platform. */
const databaseName = /^[^/\\. "$*<>:|?\0]{1,63}$/;

/** The parts of a store URL, or what is wrong with it. */
export function readStoreUrl(url: string): StoreAddress | StoreUrlProblem {
  if (url.startsWith('sqlite:')) return readSqlite(url.slice('sqlite:'.length));
  if (/^mongodb(\+srv)?:\/\//.test(url)) return readMongodb(url);
  return 'unknown_engine';
}

/** Throws CardeaError `store_url_invalid`, which never repeats the URL: it may contain a password. */
export function storeAddress(url: string): StoreAddress {
  const address = readStoreUrl(url);
  if (typeof address !== 'string') return address;
  throw new CardeaError({
    code: 'store_url_invalid',
    status: 500,
    message: `The store's URL (CARDEA_STORE) ${problems[address]}.`,
  });
}

const needsFile = 'needs the path of a file after "sqlite:", for example sqlite:data/cardea.db';

const problems: Record<StoreUrlProblem, string> = {
  unknown_engine: 'must start with "sqlite:", "mongodb://" or "mongodb+srv://"',
  no_file: needsFile,
  in_memory: needsFile,
  malformed: 'is not a MongoDB connection string',
  no_database: 'names no database: add one after the host, for example mongodb://host/cardea',
};

function readSqlite(path: string): StoreAddress | StoreUrlProblem {
  if (path === '' || path.endsWith('/') || path.includes('\0')) return 'no_file';
  return path.startsWith(':memory:') ? 'in_memory' : { engine: 'sqlite', path };
}

function readMongodb(url: string): StoreAddress | StoreUrlProblem {
  const [, scheme, hosts, encoded = ''] = mongodbUrl.exec(url) ?? [];
  if (!scheme || !hosts) return 'malformed';
  const database = decoded(encoded);
  return databaseName.test(database)
    ? { engine: 'mongodb', scheme, hosts, database }
    : 'no_database';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
