/**
 * How something about a key is told: on record, counted, and to whoever the webhooks name. Told again under the
 * same id and instant (after a crash), it is on record once, and receivers see the same id.
 */
import type { AuditSink } from '../../audit/room.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ProjectStore } from '../../storage/projects.ts';
import type { ApiKeyNotice } from '../../telemetry/metrics.ts';
import type { Notify } from '../../webhooks/room.ts';
import { auditFieldsOf } from '../lifecycle/key_records.ts';

export type Announcement = {
  /** The same whenever it is repeated. */
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  record: ApiKeyRecord;
  notice: Exclude<ApiKeyNotice, { event: 'expiring' }>;
  /** Never a secret. */
  details: Record<string, unknown>;
  actor?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
};

/** Resolves when it is on record and will be delivered. StoreUnavailableError. */
export type Announce = (announcement: Announcement) => Promise<void>;

export function createAnnounce({
  projects,
  audit,
  notify,
  count,
}: {
  projects: Pick<ProjectStore, 'find'>;
  audit: AuditSink;
  notify: Notify;
  count: (notice: ApiKeyNotice) => void;
}): Announce {
  return async ({ id, at, record, notice, details, actor = 'system', ip, requestId }) => {
    const type = `api_key.${notice.event}` as const;
    const about = { ...auditFieldsOf(record), ...details };
    const data = { ...about, ...(await ownerFieldsOf(record, projects)) };
    await audit.record({
      ...{ id: sha256(`${type} ${id}`).slice(0, 22), at, type, outcome: 'success' },
      ...{ userId: record.userId, actor, ip, requestId, details: about },
    });
    await notify({ id, type, at, data });
    count(notice);
  };
}

/** What receivers are told of each key, beside `aboutKey`: which it is, and who answers for it. */
export async function ownerFieldsOf(
  { display, environment, userId, projectId }: ApiKeyRecord,
  projects: Pick<ProjectStore, 'find'>,
): Promise<Record<string, unknown>> {
  const project = projectId === undefined ? undefined : await projects.find(projectId);
  return {
    display: `${display.start}…${display.end}`,
    environment,
    user_id: userId,
    owner_id: userId ?? project?.ownerId,
  };
}
