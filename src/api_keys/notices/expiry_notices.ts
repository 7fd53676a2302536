/**
 * Announces keys that are about to expire, once for each configured threshold: an audit event, a metric, a
 * webhook. Every process runs this; one pass per minute is enough for all, and a claim in the store lets only
 * one of them announce a key. If that process crashes, its claim expires and another repeats the announcement
 * under the same id.
 */
import type { AuditSink } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { ProjectStore } from '../../storage/projects.ts';
import { auditFieldsOf } from '../lifecycle/key_records.ts';
import { isProvisional } from '../lifecycle/key_rotation.ts';
import { ownerFieldsOf } from './announcements.ts';

export type ExpiryNotices = {
  start(): void;
  /**
   * Runs one pass now, unless another process just did. Resolves to the number of keys announced. Throws
   * StoreUnavailableError.
   */
  look(): Promise<number>;
  stop(): Promise<void>;
};

const claimKind = 'ApiKeyExpiryNotice';
const lookKind = 'ApiKeyExpiryLook';
/** By then the process that made the claim is done or has crashed. Milliseconds. */
const claimMs = 60_000;
const everyMs = 60_000;
const pageSize = 500;

export function createExpiryNotices({
  keys,
  projects,
  artifacts,
  audit,
  counted,
  thresholds,
  clock,
  log,
}: {
  keys: Pick<ApiKeyStore, 'expiring'>;
  projects: Pick<ProjectStore, 'find'>;
  artifacts: Pick<ArtifactStore, 'insert' | 'put'>;
  audit: AuditSink;
  /** Called once per announced key. */
  counted: () => void;
  /** `api_keys.expiry_notice`, in seconds. */
  thresholds: readonly number[];
  clock: Clock;
  log: Record<'warn', (fields: object, message: string) => void>;
}): ExpiryNotices {
  const ascending = thresholds.map((seconds) => seconds * 1000).sort((a, b) => a - b);
  const longest = ascending.at(-1);
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<unknown> = Promise.resolve();
  let stopped = false;

  /**
   * All keys that expire within the longest threshold. Many can expire in the same millisecond, so pages
   * overlap.
   */
  async function* expiring(now: number, until: number): AsyncGenerator<ApiKeyRecord> {
    const seen = new Set<string>();
    let from = now;
    let limit = pageSize;
    while (!stopped) {
      const page = await keys.expiring({ from, until, limit });
      const fresh = page.filter(({ id }) => !seen.has(id));
      for (const record of fresh) seen.add(record.id);
      yield* fresh;
      if (page.length < limit) return;
      from = (page.at(-1)?.expiresAt ?? from) - 1;
      limit = fresh.length === 0 ? limit * 2 : pageSize;
    }
  }

  async function announce(record: ApiKeyRecord, expiresAt: number): Promise<boolean> {
    const now = clock.now();
    const threshold = ascending.find((candidate) => candidate >= expiresAt - now);
    if (threshold === undefined || expiresAt <= now) return false;
    // A key whose expiry changes is announced again.
    const id = `${record.id}.${expiresAt}.${threshold}`;
    const claim = { kind: claimKind, id, payload: {}, expiresAt: now + claimMs };
    if (!(await artifacts.insert(claim, now))) return false;
    await audit.record({
      id: sha256(`api_key.expiring ${id}`).slice(0, 22),
      ...{ at: now, type: 'api_key.expiring', outcome: 'success', userId: record.userId },
      details: { ...auditFieldsOf(record), expires_at: new Date(expiresAt).toISOString() },
      forReceivers: await ownerFieldsOf(record, projects),
    });
    await artifacts.put({ ...claim, expiresAt: expiresAt + threshold });
    counted();
    return true;
  }

  async function look(): Promise<number> {
    const now = clock.now();
    if (longest === undefined) return 0;
    const turn = { kind: lookKind, id: 'turn', payload: {}, expiresAt: now + everyMs / 2 };
    if (!(await artifacts.insert(turn, now))) return 0;
    let announced = 0;
    for await (const record of expiring(now, now + longest + 1)) {
      const { expiresAt } = record;
      // A key with a successor is meant to expire.
      if (expiresAt === undefined || record.replacedBy !== undefined || isProvisional(record)) {
        continue;
      }
      if (await announce(record, expiresAt)) announced += 1;
    }
    return announced;
  }

  const schedule = (ms: number) => {
    if (stopped) return;
    // Workers share a store: a random part of the pause keeps them apart.
    timer = setTimeout(
      () => {
        work = look()
          .catch((error) => log.warn({ err: error }, 'expiring API keys wait to be announced'))
          .finally(() => schedule(everyMs));
      },
      ms * (0.5 + Math.random()),
    ).unref();
  };

  return {
    look,
    start: () => schedule(1000),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await work;
    },
  };
}
