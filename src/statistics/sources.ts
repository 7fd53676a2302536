/**
 * Where the numbers come from: what is measured, recorded and decided elsewhere anyway, counted on its way.
 */
import type { Audit, AuditRecord, RepeatableSink } from '../audit/room.ts';
import type { AuditEventType } from '../definitions/events.ts';
import type { RefusalRecords } from '../refusals/room.ts';
import { grantTypeLabel } from '../telemetry/grant_type_labels.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { statisticsMetrics } from './metrics.ts';
import type { StatisticsRecorder } from './recorder.ts';

type Counts = Pick<StatisticsRecorder, 'count' | 'observe'>;

/** The same metrics; issued tokens and the latency of the store are counted for statistics, too. */
export function withStatistics(metrics: Metrics, { count, observe }: Counts): Metrics {
  return {
    ...metrics,
    countToken(measurement) {
      count(statisticsMetrics.tokensIssued, grantTypeLabel(measurement.grantType));
      metrics.countToken(measurement);
    },
    observeStore(operation, seconds, failed) {
      observe(statisticsMetrics.storeSeconds, failed ? 'failed' : 'ok', seconds);
      metrics.observeStore(operation, seconds, failed);
    },
  };
}

/** The same audit trail; `countEvent` is called for each event that is recorded. */
export function withCountedEvents<Sink extends Audit & RepeatableSink>(
  audit: Sink,
  countEvent: (type: AuditEventType) => void,
): Sink {
  const counted =
    <Event extends Pick<AuditRecord, 'type'>>(record: (event: Event) => Promise<void>) =>
    async (event: Event): Promise<void> => {
      await record(event);
      countEvent(event.type);
    };
  return {
    ...audit,
    record: counted(audit.record),
    recordSoon: counted(audit.recordSoon),
    recordRepeatable: counted(audit.recordRepeatable),
  };
}

/** What events of the audit trail stand for in statistics. */
export function countEventsIn({ count }: Counts): (type: AuditEventType) => void {
  return (type) => {
    if (type === 'sign_in.succeeded') count(statisticsMetrics.signIns);
    else if (type === 'sign_in.failed') count(statisticsMetrics.failedSignIns, 'failed');
    else if (type === 'sign_in.throttled') count(statisticsMetrics.failedSignIns, 'throttled');
    else if (type === 'token.revoked') count(statisticsMetrics.revocations, 'by_client');
    else if (type.startsWith('revocation.')) {
      count(statisticsMetrics.revocations, type.slice('revocation.'.length));
    }
  };
}

/** The same as RefusalRecords.note, counted by the name of the reason. */
export function countingRefusals(
  note: RefusalRecords['note'],
  { count }: Counts,
): RefusalRecords['note'] {
  return (refused) => {
    const reason = note(refused);
    count(statisticsMetrics.requestsRefused, reason ?? 'other');
    return reason;
  };
}

/** A sample that adds what a counter of verdicts counted since the last one. */
export function verdictSample(
  read: () => Readonly<Record<string, number>>,
  { count }: Counts,
): () => void {
  const seen = new Map<string, number>();
  return () => {
    for (const [verdict, total] of Object.entries(read())) {
      const added = total - (seen.get(verdict) ?? 0);
      if (added > 0) count(statisticsMetrics.apiKeyVerdicts, verdict, added);
      seen.set(verdict, total);
    }
  };
}

/** A sample of how many password hashes wait; nothing where none does. */
export function passwordQueueSample(
  read: () => { waiting: number },
  { observe }: Counts,
): () => void {
  return () => {
    const { waiting } = read();
    if (waiting > 0) observe(statisticsMetrics.passwordQueue, '', waiting);
  };
}
