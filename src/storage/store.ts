/**
 * The store as the composition root sees it: one narrow interface per concern. Rooms take only the part
 * they use. Engines live behind it (sqlite/, mongodb/); only open.ts names them.
 */
import type { ApiKeyStore } from './api_keys.ts';
import type { ApiStore } from './apis.ts';
import type { ArtifactStore } from './artifacts.ts';
import type { AuditChainStore } from './audit_chains.ts';
import type { AuditStore } from './audit_events.ts';
import type { AuthenticatorStore } from './authenticators.ts';
import type { ClientStore } from './clients.ts';
import type { CounterStore } from './counters.ts';
import type { DeliveryStore } from './deliveries.ts';
import type { DocumentStore } from './documents.ts';
import type { GroupStore } from './groups.ts';
import type { ProjectStore } from './projects.ts';
import type { RefusalStore } from './refusals.ts';
import type { RevocationStore } from './revocations.ts';
import type { SearchStore } from './search.ts';
import type { StatisticsStore } from './statistics.ts';
import type { StatusLeaseStore } from './status_leases.ts';
import type { StatusRangeStore } from './status_ranges.ts';
import type { UsageStore } from './usage.ts';
import type { UserStore } from './users.ts';

export type PurgeOptions = {
  now: number;
  /** At most this many records per concern in one call, so that no request waits for it. */
  limit: number;
  /** Audit events older than this (milliseconds since the epoch) go. */
  auditBefore: number;
};

export type Store = {
  engine: 'sqlite' | 'mongodb';
  apiKeys: ApiKeyStore;
  apis: ApiStore;
  artifacts: ArtifactStore;
  audit: AuditStore;
  auditChains: AuditChainStore;
  authenticators: AuthenticatorStore;
  clients: ClientStore;
  counters: CounterStore;
  deliveries: DeliveryStore;
  documents: DocumentStore;
  groups: GroupStore;
  projects: ProjectStore;
  refusals: RefusalStore;
  revocations: RevocationStore;
  search: SearchStore;
  statistics: StatisticsStore;
  statusLeases: StatusLeaseStore;
  statusRanges: StatusRangeStore;
  usage: UsageStore;
  users: UserStore;
  /** Resolves when the store answers; throws StoreUnavailableError when it does not. */
  ping(): Promise<void>;
  /**
   * Removes expired records, and API keys and statistics some time after their end, a bounded batch of each kind;
   * answers how many went. Usage stays.
   */
  purge(options: PurgeOptions): Promise<number>;
  close(): Promise<void>;
};

/** Called with each operation's name (`artifacts.find`), its duration in seconds and whether it failed. */
export type StoreObserver = (operation: string, seconds: number, failed: boolean) => void;

/** Where a store reports that it was lost, is back, or was migrated. */
export type StoreLog = {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
};
