/**
 * The register of audit chains in SQLite: each as JSON beside its place.
 */
import type { AuditChain, AuditChainStore } from '../audit_chains.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = { chain: string };

/** See AuditChainStore. */
export function createAuditChainStore(
  { run, readOne, readAll }: Connection,
  { write }: Writer,
): AuditChainStore {
  return {
    async add(chain) {
      const { position, id, number } = chain;
      const json = JSON.stringify(chain);
      const sql = `INSERT INTO audit_chains VALUES (:position, :id, :number, :json)
        ON CONFLICT DO NOTHING`;
      return write(() => run(sql, { position, id, number, json }) === 1);
    },
    async advance(chain) {
      const { id, number } = chain;
      const json = JSON.stringify(chain);
      const sql = `UPDATE audit_chains SET number = :number, chain = :json
        WHERE id = :id AND number <= :number`;
      return write(() => run(sql, { id, number, json }) === 1);
    },
    async list({ after = 0, limit }) {
      const sql = `SELECT chain FROM audit_chains WHERE position > :after
        ORDER BY position LIMIT :limit`;
      return (await readAll<Row>(sql, { after, limit })).map(toChain);
    },
    async newest() {
      const sql = 'SELECT chain FROM audit_chains ORDER BY position DESC LIMIT 1';
      const row = await readOne<Row>(sql);
      return row && toChain(row);
    },
    removeBefore: (position, limit) =>
      write(() =>
        run(
          `DELETE FROM audit_chains WHERE position IN (SELECT position FROM audit_chains
            WHERE position < :position ORDER BY position LIMIT :limit)`,
          { position, limit },
        ),
      ),
  };
}

function toChain({ chain }: Row): AuditChain {
  return JSON.parse(chain) as AuditChain;
}
