/**
 * Artifacts in MongoDB. Each change is one operation on one record, so that it is atomic against every
 * other node. The payload is kept as a JSON text: nothing searches in it, and no key in it (`$`, `.`,
 * `__proto__`) can then mean anything to the server. `_id` is `kind:id`; a kind has no colon.
 */
import type { Filter } from 'mongodb';
import type { Clock } from '../../clock.ts';
import {
  type Artifact,
  type ArtifactStore,
  indexedKinds,
  type LiveSelector,
  liveKinds,
} from '../artifacts.ts';
import { boundedPage } from '../pages.ts';
import { liveColumns, selectorColumns } from '../selector.ts';
import { asText, type Connection, exactly, firstOf } from './connection.ts';
import { upsert, violatedIndex } from './errors.ts';
import { removeBatch } from './removal.ts';

type ArtifactRecord = {
  _id: string;
  kind: string;
  payload: string;
  grant_id?: string;
  family_id?: string;
  account_id?: string;
  client_id?: string;
  session_uid?: string;
  alias?: string;
  /** Milliseconds since the epoch; absent (never null) until it was spent. */
  consumed_at?: number;
  /** A Date for the TTL index. */
  expires_at: Date;
  /** Grows with each insertion by this node: which is newest. */
  created: number;
};

/** One command of a large removal: it is over within the time that the server has. */
const removalBatch = 500;

/** See ArtifactStore. */
export function createArtifactStore({ database, guard }: Connection, clock: Clock): ArtifactStore {
  const artifacts = database.collection<ArtifactRecord>('artifacts');
  let lastCreated = 0;
  const nextCreated = () => {
    lastCreated = Math.max(lastCreated + 1, clock.now() * 1000);
    return lastCreated;
  };

  const findNewest = async (links: Record<string, string>, now: number) => {
    const record = await guard(() =>
      artifacts.findOne(
        { ...matching(links), expires_at: { $gt: new Date(now) } },
        { sort: { created: -1 } },
      ),
    );
    return record ? toArtifact(record) : undefined;
  };

  return {
    async put(artifact) {
      const { _id, consumed_at, ...values } = toRecord(artifact);
      const created = nextCreated();
      await guard(() =>
        upsert(() =>
          artifacts.updateOne(
            { _id },
            {
              $set: values,
              $setOnInsert: { created },
              // Sets it where it is absent and never clears it.
              ...(consumed_at !== undefined && { $min: { consumed_at } }),
            },
            { upsert: true },
          ),
        ),
      );
    },
    async rewrite({ kind, id, payload }, now) {
      const result = await guard(() =>
        artifacts.updateOne(
          { _id: key(kind, id), expires_at: { $gt: new Date(now) } },
          { $set: { payload: JSON.stringify(payload) } },
        ),
      );
      return result.matchedCount === 1;
    },
    async insert(artifact, now) {
      const { _id, ...values } = toRecord(artifact);
      const created = nextCreated();
      try {
        await guard(() =>
          artifacts.replaceOne(
            { _id, expires_at: { $lte: new Date(now) } },
            { ...values, created },
            { upsert: true },
          ),
        );
        return true;
      } catch (error) {
        // An unexpired one does not match, and then its _id is taken.
        if (violatedIndex(error)) return false;
        throw error;
      }
    },
    async find(kind, id, now) {
      const record = await guard(() =>
        artifacts.findOne({ _id: key(kind, id), expires_at: { $gt: new Date(now) } }),
      );
      return record ? toArtifact(record) : undefined;
    },
    findSession: (uid, now) => findNewest({ kind: indexedKinds.session, session_uid: uid }, now),
    findDeviceCode: (alias, now) => findNewest({ kind: indexedKinds.deviceCode, alias }, now),
    findGrant: (account, client, now) =>
      findNewest({ kind: indexedKinds.grant, account_id: account, client_id: client }, now),
    async consume(kind, id, now) {
      // The record as it was before tells who won, in the same atomic operation.
      const before = await guard(() =>
        artifacts.findOneAndUpdate(
          { _id: key(kind, id), expires_at: { $gt: new Date(now) } },
          [{ $set: { consumed_at: { $ifNull: ['$consumed_at', now] } } }],
          { returnDocument: 'before' },
        ),
      );
      if (!before) return undefined;
      const consumedAt = before.consumed_at ?? now;
      const artifact = { ...toArtifact(before), consumedAt };
      return { won: before.consumed_at === undefined, consumedAt, artifact };
    },
    async release(kind, id, consumedAt) {
      const result = await guard(() =>
        artifacts.updateOne(
          { _id: key(kind, id), consumed_at: consumedAt },
          { $unset: { consumed_at: '' } },
        ),
      );
      return result.matchedCount === 1;
    },
    async keepSpent(kind, id) {
      const result = await guard(() =>
        artifacts.updateOne(
          { _id: key(kind, id), consumed_at: { $exists: true } },
          { $inc: { consumed_at: -1 } },
        ),
      );
      return result.matchedCount === 1;
    },
    async remove(kind, id) {
      await guard(() => artifacts.deleteOne({ _id: key(kind, id) }));
    },
    list: (selector, { after, limit, now }) =>
      boundedPage<Artifact>({
        ...{ after, limit, isFiltered: false, matches: () => true },
        async read(from, size) {
          const page = async (place: Filter<ArtifactRecord>, most: number) => {
            const found = artifacts.find({ ...live(selector, now), ...place });
            return guard(() => firstOf(found.sort({ created: -1, _id: -1 }), most));
          };
          const [, created, _id] = /^(\d{1,16}) (.*)$/s.exec(from ?? '') ?? [];
          const behind = { created: Number(created), _id: { $lt: _id ?? '' } };
          // Nodes may have put two in the same instant. Each is one stretch of an index.
          const same = created === undefined ? [] : await page(behind, size);
          const rest = size - same.length;
          const older = created === undefined ? {} : { created: { $lt: Number(created) } };
          const records = rest > 0 ? [...same, ...(await page(older, rest))] : same;
          return records.map((record) => ({
            ...{ item: toArtifact(record), place: `${record.created} ${record._id}` },
          }));
        },
      }),
    count: (selector, { most, now }) =>
      guard(() => artifacts.countDocuments(live(selector, now), { limit: most })),
    async removeAll(selector, { existing = false } = {}) {
      const condition = matching(selectorColumns(selector));
      const newest = existing ? nextCreated() : Number.POSITIVE_INFINITY;
      let total = 0;
      for (;;) {
        const batch = await guard(() =>
          removeBatch(artifacts, condition, removalBatch, ({ created }) => created <= newest),
        );
        total += batch.removed;
        if (batch.isLast) return total;
      }
    },
  };
}

/** Each kind has an index of its own. */
function live(selector: LiveSelector, now: number): Filter<ArtifactRecord> {
  const { kind, column, value } = liveColumns(selector);
  return {
    ...{ kind, [column]: exactly(value), expires_at: { $gt: new Date(now) } },
    ...(kind === liveKinds.refreshToken && { consumed_at: null }),
  } as Filter<ArtifactRecord>;
}

function matching(columns: Record<string, string>): Record<string, { $eq: string }> {
  return Object.fromEntries(
    Object.entries(columns).map(([column, value]) => [column, exactly(value)]),
  );
}

function key(kind: string, id: string): string {
  return `${asText(kind)}:${asText(id)}`;
}

function toRecord(artifact: Artifact): Omit<ArtifactRecord, 'created'> {
  const { kind, id, grantId, familyId, accountId, clientId, sessionUid, alias } = artifact;
  return {
    _id: key(kind, id),
    kind,
    payload: JSON.stringify(artifact.payload),
    ...(grantId !== undefined && { grant_id: grantId }),
    ...(familyId !== undefined && { family_id: familyId }),
    ...(accountId !== undefined && { account_id: accountId }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(sessionUid !== undefined && { session_uid: sessionUid }),
    ...(alias !== undefined && { alias }),
    ...(artifact.consumedAt !== undefined && { consumed_at: artifact.consumedAt }),
    expires_at: new Date(artifact.expiresAt),
  };
}

function toArtifact(record: ArtifactRecord): Artifact {
  return {
    kind: record.kind,
    id: record._id.slice(record.kind.length + 1),
    payload: JSON.parse(record.payload),
    grantId: record.grant_id,
    familyId: record.family_id,
    accountId: record.account_id,
    clientId: record.client_id,
    sessionUid: record.session_uid,
    alias: record.alias,
    consumedAt: record.consumed_at,
    expiresAt: record.expires_at.getTime(),
  };
}
