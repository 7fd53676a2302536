/**
 * Revocations in MongoDB. A number is taken, the marker is written with it, and only then the number is
 * announced. A writer that finds a later number announced takes another one: so whoever reads a sequence
 * finds all markers up to it, as if number and marker had been written at once.
 */
import type { Document } from 'mongodb';
import type { NewRevocation, Revocation, RevocationStore, UnfinishedWork } from '../revocations.ts';
import { asText, byId, type Connection, firstOf } from './connection.ts';
import { violatedIndex } from './errors.ts';

/** Absent (never null) where there is none. */
type RevocationRecord = {
  _id: string;
  sequence: number;
  before?: number;
  status_list?: string;
  status_index?: number;
  /** Never empty. */
  work?: UnfinishedWork[];
  expires_at: Date;
};

/** `taken`: the highest number that a writer has; `announced`: the highest that a reader may know of. */
type SequenceRecord = { _id: string; taken: number; announced: number };

const sequenceName = 'revocations';

/** See RevocationStore. */
export function createRevocationStore({ database, guard }: Connection): RevocationStore {
  const revocations = database.collection<RevocationRecord>('revocations');
  const sequences = database.collection<SequenceRecord>('sequences');

  async function take(): Promise<number> {
    // Not by an upsert: DocumentDB's answers the number of an insertion that then lost a race.
    for (;;) {
      const record = await sequences.findOneAndUpdate(
        byId(sequenceName),
        { $inc: { taken: 1 } },
        { returnDocument: 'after' },
      );
      if (record) return record.taken;
      await inserted(() => sequences.insertOne({ _id: sequenceName, taken: 0, announced: 0 }));
    }
  }

  /** Writes the marker, or moves the one that is there forward. `givenUp`: numbers that the same put had before. */
  async function mark(record: RevocationRecord, givenUp: readonly number[]): Promise<void> {
    const change = [{ $set: forward(record, givenUp) }];
    for (;;) {
      const moved = await revocations.updateOne(byId(record._id), change);
      if (moved.matchedCount === 1) return;
      if (await inserted(() => revocations.insertOne(record))) return;
    }
  }

  async function announce(sequence: number): Promise<boolean> {
    const { matchedCount } = await sequences.updateOne(
      { ...byId(sequenceName), announced: { $lt: sequence } },
      { $set: { announced: sequence } },
    );
    return matchedCount === 1;
  }

  /**
   * Announces what is taken, so that nothing can appear up to there any more: who is still writing takes
   * another number. A marker whose writer died before it was announced is then among the others.
   */
  async function announceAll(): Promise<number> {
    const record = await sequences.findOne(byId(sequenceName));
    if (!record) return 0;
    if (record.taken > record.announced) await announce(record.taken);
    return record.taken;
  }

  return {
    async put(revocation) {
      const record = toRecord(revocation);
      const { work: text } = revocation;
      const givenUp: number[] = [];
      return guard(async () => {
        for (;;) {
          const sequence = await take();
          const work = text === undefined ? {} : { work: [{ sequence, text }] };
          await mark({ ...record, sequence, ...work }, givenUp);
          if (await announce(sequence)) return sequence;
          givenUp.push(sequence);
        }
      });
    },
    async find(keys, now) {
      const records = await guard(() =>
        revocations
          .find({ _id: { $in: keys.map(asText) }, expires_at: { $gt: new Date(now) } })
          .toArray(),
      );
      return records.map(toRevocation);
    },
    async sequence() {
      const record = await guard(() => sequences.findOne(byId(sequenceName)));
      return record?.announced ?? 0;
    },
    async changes({ after, limit, now }) {
      const records = await guard(async () => {
        // Not beyond: there a lower number may still appear behind a higher one.
        const sequence = { $gt: after, $lte: await announceAll() };
        const found = revocations.find({ sequence, expires_at: { $gt: new Date(now) } });
        return firstOf(found.sort({ sequence: 1 }), limit);
      });
      return records.map(toRevocation);
    },
    async unfinished(limit) {
      const records = await guard(() =>
        firstOf(revocations.find({ work: { $exists: true } }).sort({ sequence: 1 }), limit),
      );
      return records.map(toRevocation);
    },
    async finish(key, sequence) {
      const others = workWithout([sequence]);
      const work = { $cond: [{ $eq: [others, []] }, '$$REMOVE', others] };
      await guard(() =>
        revocations.updateOne({ ...byId(key), 'work.sequence': sequence }, [{ $set: { work } }]),
      );
    },
  };
}

/** Whether it was inserted; false when another writer was faster. */
async function inserted(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if (violatedIndex(error)) return false;
    throw error;
  }
}

/**
 * What becomes of a marker that is there. Writers may arrive in any order: one with a lower number adds a
 * position only where there is none.
 */
function forward(record: RevocationRecord, givenUp: readonly number[]): Document {
  const { sequence, before, work, expires_at } = record;
  const newest = { $lt: ['$sequence', sequence] };
  const unbounded = { $eq: [{ $type: '$before' }, 'missing'] };
  const position = (field: 'status_list' | 'status_index') => {
    const value = record[field];
    if (value === undefined) return {};
    const given = { $literal: value };
    return { [field]: { $cond: [newest, given, { $ifNull: [`$${field}`, given] }] } };
  };
  return {
    sequence: { $max: ['$sequence', sequence] },
    // No `before` is the greatest.
    before:
      before === undefined
        ? '$$REMOVE'
        : { $cond: [unbounded, '$$REMOVE', { $max: ['$before', before] }] },
    ...position('status_list'),
    ...position('status_index'),
    ...(work && {
      work: { $concatArrays: [workWithout([...givenUp, sequence]), { $literal: work }] },
    }),
    expires_at: { $max: ['$expires_at', expires_at] },
  };
}

/** What is left to do of puts with other numbers. */
function workWithout(sequences: readonly number[]): Document {
  const cond = { $not: [{ $in: ['$$this.sequence', sequences] }] };
  return { $filter: { input: { $ifNull: ['$work', []] }, cond } };
}

function toRecord(revocation: NewRevocation): Omit<RevocationRecord, 'sequence' | 'work'> {
  const { key, before, status, expiresAt } = revocation;
  return {
    _id: asText(key),
    ...(before !== undefined && { before }),
    ...(status && { status_list: status.list, status_index: status.index }),
    expires_at: new Date(expiresAt),
  };
}

function toRevocation(record: RevocationRecord): Revocation {
  const { status_list: list, status_index: index } = record;
  return {
    key: record._id,
    sequence: record.sequence,
    before: record.before,
    status: list !== undefined && index !== undefined ? { list, index } : undefined,
    work: record.work?.toSorted((one, other) => one.sequence - other.sequence),
    expiresAt: record.expires_at.getTime(),
  };
}
