/**
 * Announces keys that will expire, each once for each threshold of the configuration: an audit event, a metric,
 * a webhook. Every process looks; one look in a minute is enough for all, and a claim in the store makes that
 * one of them speaks. A process that dies while it speaks leaves a claim that runs out, and another repeats
 * what was said, under the same id for receivers.
 */
import type { AuditSink } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { ProjectStore } from '../../storage/projects.ts';
import { auditFieldsOf } from '../lifecycle/key_records.ts';
import { isProvisional } from '../lifecycle/key_rotation.ts';
import { ownerFieldsOf } from './announcements.ts';

export type ExpiringEvent = {
  /** The same whenever it is repeated. */
  id: string;
  type: 'api_key.expiring';
  /** Milliseconds since the epoch. */
  at: number;
  data: Record<string, unknown>;
};

export type ExpiryNotices = {
  start(): void;
  /** One look now, if nobody else looked just before; answers how many keys were announced. StoreUnavailableError. */
  look(): Promise<number>;
  stop(): Promise<void>;
};

const claimKind = 'ApiKeyExpiryNotice';
const lookKind = 'ApiKeyExpiryLook';
/** Whoever claimed is done by then, or dead. Milliseconds. */
const claimMs = 60_000;
const everyMs = 60_000;
const pageSize = 500;

export function createExpiryNotices({
  keys,
  projects,
  artifacts,
  audit,
  notify,
  counted,
  thresholds,
  clock,
  log,
}: {
  keys: Pick<ApiKeyStore, 'expiring'>;
  projects: Pick<ProjectStore, 'find'>;
  artifacts: Pick<ArtifactStore, 'insert' | 'put'>;
  audit: AuditSink;
  /** Resolves when the delivery is certain, or nobody is to be told. */
  notify: (event: ExpiringEvent) => Promise<unknown>;
  /** One key was announced. */
  counted: () => void;
  /** `api_keys.expiry_notice`: seconds. */
  thresholds: readonly number[];
  clock: Clock;
  log: Record<'warn', (fields: object, message: string) => void>;
}): ExpiryNotices {
  const ascending = thresholds.map((seconds) => seconds * 1000).sort((a, b) => a - b);
  const longest = ascending.at(-1);
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<unknown> = Promise.resolve();
  let stopped = false;

  /** All that expire within the longest threshold. Many may expire in one millisecond, so pages overlap. */
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
    // A key that is given another end is announced again.
    const id = `${record.id}.${expiresAt}.${threshold}`;
    const claim = { kind: claimKind, id, payload: {}, expiresAt: now + claimMs };
    if (!(await artifacts.insert(claim, now))) return false;
    const details = { ...auditFieldsOf(record), expires_at: new Date(expiresAt).toISOString() };
    const data = { ...details, ...(await ownerFieldsOf(record, projects)) };
    await notify({ id: `expiring.${id}`, type: 'api_key.expiring', at: now, data });
    const { userId } = record;
    await audit.record({ type: 'api_key.expiring', outcome: 'success', userId, details });
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
      // What has a successor is meant to end.
      if (expiresAt === undefined || record.replacedBy !== undefined || isProvisional(record)) {
        continue;
      }
      if (await announce(record, expiresAt)) announced += 1;
    }
    return announced;
  }

  const schedule = (ms: number) => {
    if (stopped) return;
    // Several workers look at the same store: a random share of the pause keeps them apart.
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
