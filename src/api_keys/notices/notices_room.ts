/**
 * The part of this room that notifies people: of keys that expire, that leaked, or that are used in unusual
 * ways. Notices are recorded and sent to webhooks; they decide no request.
 */
import type { AuditSink } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { Store } from '../../storage/store.ts';
import type { ApiKeyNotice } from '../../telemetry/metrics.ts';
import type { KillSwitches } from '../../tokens/room.ts';
import { createGithubSignatures } from '../leaks/github_signatures.ts';
import type { ReportLeak } from '../leaks/key_in_query.ts';
import { createReportLeak } from '../leaks/leak_report.ts';
import { createLeakRoutes, type LeakRoutes } from '../leaks/leak_routes.ts';
import { createLeaks } from '../leaks/leaks.ts';
import { createGuessLimit } from '../verification/guess_limit.ts';
import { usageOutcomeOf, type VerdictObserver } from '../verification/key_verification.ts';
import { createAlerts } from './alerts.ts';
import { createAnnounce } from './announcements.ts';
import { createExpiryNotices } from './expiry_notices.ts';

export type KeyNoticesRoom = {
  routes: LeakRoutes;
  reportLeak: ReportLeak;
  observe: VerdictObserver;
  /** Starts looking for keys that are about to expire. */
  start(): void;
  /** Resolves when all running work is done. */
  close(): Promise<void>;
};

export function createKeyNoticesRoom({
  store,
  policy,
  killSwitches,
  secrets,
  audit,
  fetch,
  count,
  clock,
  log,
}: {
  store: Pick<Store, 'apiKeys' | 'artifacts' | 'counters' | 'projects'>;
  policy: Pick<ApiKeysDeclaration, 'alerts' | 'expiry_notice' | 'leaks'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  secrets: Pick<Secrets, 'derive' | 'deriveAll'>;
  audit: AuditSink;
  /** See net/outbound.ts. */
  fetch: typeof globalThis.fetch;
  count: (notice: ApiKeyNotice) => void;
  clock: Clock;
  log: Record<'warn', (fields: object, message: string) => void>;
}): KeyNoticesRoom {
  const { apiKeys: keys, artifacts, counters, projects } = store;
  const announce = createAnnounce({ projects, audit, count });
  const leaks = createLeaks({
    ...{ keys, artifacts, killSwitches, announce, clock },
    policy: policy.leaks.policy,
  });
  const github = createGithubSignatures({ url: policy.leaks.github_keys_url, fetch, clock, log });
  const alerts = createAlerts({
    ...{ artifacts, counters, announce, clock, log },
    policy: policy.alerts,
    networkKeys: secrets.deriveAll('api key networks'),
  });
  const expiry = createExpiryNotices({
    ...{ keys, projects, artifacts, audit, clock, log },
    counted: () => count({ event: 'expiring' }),
    thresholds: policy.expiry_notice,
  });

  return {
    routes: createLeakRoutes({ leaks, github, token: policy.leaks.token }),
    reportLeak: createReportLeak({
      leaks,
      guessing: createGuessLimit({ counters, clock, key: secrets.derive('api key leak reports') }),
      ...{ clock, log },
    }),
    observe(verdict, { ip }, times) {
      const { record } = verdict;
      if (record) alerts.observe({ record, ip, outcome: usageOutcomeOf(verdict), times });
    },
    start: expiry.start,
    async close() {
      await Promise.all([expiry.stop(), alerts.close()]);
    },
  };
}
