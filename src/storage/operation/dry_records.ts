/**
 * Records of a dry run: what would be created, changed or removed is remembered here in place of the store, so that a
 * service finds what it has just written.
 */
import { DuplicateError } from '../errors.ts';

type Kept = { version: number };

type Records<Stored extends Kept> = {
  find(id: string): Promise<Stored | undefined>;
  create(record: Stored): Promise<void>;
  update(record: Stored): Promise<boolean>;
  remove(id: string): Promise<boolean>;
};

/**
 * The four operations that every store of records has, over `store`, which they only read. `findRival` answers a record
 * that the new one cannot stand beside, as the store's unique indexes would.
 */
export function dryRecords<Stored extends Kept>(
  store: Pick<Records<Stored>, 'find'>,
  {
    idOf,
    findRival = async () => undefined,
  }: {
    idOf: (record: Stored) => string;
    findRival?: (record: Stored) => Promise<Stored | undefined>;
  },
): Records<Stored> {
  /** Null: removed. */
  const written = new Map<string, Stored | null>();
  const find = async (id: string) => {
    const own = written.get(id);
    return own === undefined ? store.find(id) : (own ?? undefined);
  };
  const requireRoom = async (record: Stored) => {
    const rival = await findRival(record);
    if (rival && idOf(rival) !== idOf(record)) throw new DuplicateError('A record with this name');
  };
  return {
    find,
    async create(record) {
      if (await find(idOf(record))) throw new DuplicateError('A record with this id');
      await requireRoom(record);
      written.set(idOf(record), record);
    },
    async update(record) {
      const known = await find(idOf(record));
      if (known?.version !== record.version - 1) return false;
      await requireRoom(record);
      written.set(idOf(record), record);
      return true;
    },
    async remove(id) {
      const known = await find(id);
      written.set(id, null);
      return known !== undefined;
    },
  };
}
