/**
 * The register of audit chains in MongoDB: each as a JSON text beside its place.
 */
import type { AuditChain, AuditChainStore } from '../audit_chains.ts';
import { asText, byId, type Connection, firstOf } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';
import { removeBatch } from './removal.ts';

type StoredChain = { _id: string; position: number; number: number; chain: string };

/** See AuditChainStore. */
export function createAuditChainStore({ database, guard }: Connection): AuditChainStore {
  const chains = database.collection<StoredChain>('audit_chains');
  return {
    async add(chain) {
      const { id, position, number } = chain;
      const stored = { _id: asText(id), position, number, chain: JSON.stringify(chain) };
      try {
        await guard(() => retryDeadlocks(() => chains.insertOne(stored)));
        return true;
      } catch (error) {
        if (violatedIndex(error)) return false;
        throw error;
      }
    },
    async advance(chain) {
      const { id, number } = chain;
      const filter = { ...byId(id), number: { $lte: number } };
      const change = { $set: { number, chain: JSON.stringify(chain) } };
      return (await guard(() => chains.updateOne(filter, change))).matchedCount === 1;
    },
    async list({ after = 0, limit }) {
      const found = chains.find({ position: { $gt: after } }).sort({ position: 1 });
      return (await guard(() => firstOf(found, limit))).map(toChain);
    },
    async newest() {
      const [stored] = await guard(() => chains.find({}).sort({ position: -1 }).limit(1).toArray());
      return stored && toChain(stored);
    },
    async removeBefore(position, limit) {
      const filter = { position: { $lt: position } };
      return (await guard(() => removeBatch(chains, filter, limit))).removed;
    },
  };
}

function toChain({ chain }: StoredChain): AuditChain {
  return JSON.parse(chain) as AuditChain;
}
