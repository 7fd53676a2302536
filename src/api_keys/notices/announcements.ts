/**
 * How an event about a key is announced: recorded in the audit trail, counted, and sent to webhooks. Announced
 * again with the same id and instant (after a crash), it is recorded once, and receivers see the same id.
 */
import type { AuditSink } from '../../audit/room.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ProjectStore } from '../../storage/projects.ts';
import type { ApiKeyNotice } from '../../telemetry/metrics.ts';
import { auditFieldsOf } from '../lifecycle/key_records.ts';

type Announcement = {
  /** The same for every repetition. */
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  record: ApiKeyRecord;
  notice: Exclude<ApiKeyNotice, { event: 'expiring' }>;
  /** Must not contain secrets. */
  details: Record<string, unknown>;
  actor?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
};

/** Resolves when the event is recorded and queued for delivery. Throws StoreUnavailableError. */
export type Announce = (announcement: Announcement) => Promise<void>;

export function createAnnounce({
  projects,
  audit,
  count,
}: {
  projects: Pick<ProjectStore, 'find'>;
  audit: AuditSink;
  count: (notice: ApiKeyNotice) => void;
}): Announce {
  return async ({ id, at, record, notice, details, actor = 'system', ip, requestId }) => {
    const type = `api_key.${notice.event}` as const;
    await audit.record({
      ...{ id: sha256(`${type} ${id}`).slice(0, 22), at, type, outcome: 'success' },
      ...{ userId: record.userId, actor, ip, requestId },
      details: { ...auditFieldsOf(record), ...details },
      forReceivers: await ownerFieldsOf(record, projects),
    });
    count(notice);
  };
}

/**
 * What webhook receivers get about a key beside `auditFieldsOf`: which key it is and who is responsible for it.
 */
export async function ownerFieldsOf(
  { display, environment, userId, projectId }: ApiKeyRecord,
  projects: Pick<ProjectStore, 'find'>,
): Promise<Record<string, unknown>> {
  const project = projectId === undefined ? undefined : await projects.find(projectId);
  return {
    display: `${display.start}…${display.end}`,
    environment,
    owner_id: userId ?? project?.ownerId,
  };
}
