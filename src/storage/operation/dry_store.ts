/**
 * A store for dry runs: it reads from a real one and writes nothing. Each method is named, so that one that is new does
 * not compile until somebody has decided what it does here.
 */
import type { AuditEvent } from '../audit_events.ts';
import type { VersionedDocument } from '../documents.ts';
import type { Store } from '../store.ts';
import { dryArtifacts } from './dry_artifacts.ts';
import { dryRecords } from './dry_records.ts';

const nothing = async () => {};

/** `onEvents` gets the audit events that would have been written. Closing it leaves the real store open. */
export function createDryStore(
  store: Store,
  onEvents: (events: readonly AuditEvent[]) => void,
): Store {
  const { apiKeys, apis, artifacts, audit, clients, counters, projects, revocations, users } =
    store;
  return {
    engine: store.engine,
    ping: store.ping,
    purge: async () => 0,
    close: nothing,
    apiKeys: {
      findByHash: apiKeys.findByHash,
      list: apiKeys.list,
      expiring: apiKeys.expiring,
      lastUses: apiKeys.lastUses,
      touch: nothing,
      ...dryRecords(apiKeys, { idOf: ({ id }) => id }),
    },
    artifacts: dryArtifacts(artifacts),
    apis: {
      list: apis.list,
      ...dryRecords(apis, { idOf: ({ identifier }) => identifier }),
    },
    auditChains: {
      list: store.auditChains.list,
      newest: store.auditChains.newest,
      add: async () => true,
      advance: async () => true,
      removeBefore: async () => 0,
    },
    audit: {
      list: audit.list,
      search: audit.search,
      walk: audit.walk,
      unsettled: async () => [],
      settle: nothing,
      append: async (events) => {
        onEvents(events);
        return events.length;
      },
      fold: async (events) => onEvents(events),
    },
    authenticators: {
      findByKey: store.authenticators.findByKey,
      ...dryRecords(store.authenticators, { idOf: ({ userId }) => userId }),
    },
    clients: {
      list: clients.list,
      lastUses: clients.lastUses,
      touch: nothing,
      ...dryRecords(clients, { idOf: ({ clientId }) => clientId }),
    },
    counters: {
      read: counters.read,
      add: async (key, amount, windowMs, now) => ({
        count: ((await counters.read([key], now))[0] ?? 0) + amount,
        resetAt: now + windowMs,
      }),
      addAll: async () => undefined,
      reset: nothing,
    },
    documents: dryDocuments(store.documents),
    groups: {
      list: store.groups.list,
      ...dryRecords(store.groups, { idOf: ({ name }) => name }),
    },
    projects: {
      findByName: projects.findByName,
      list: projects.list,
      ...dryRecords(projects, {
        idOf: ({ id }) => id,
        findRival: ({ name }) => projects.findByName(name),
      }),
    },
    refusals: {
      find: store.refusals.find,
      list: store.refusals.list,
      insert: async () => true,
    },
    revocations: {
      find: revocations.find,
      sequence: revocations.sequence,
      changes: revocations.changes,
      put: async () => (await revocations.sequence()) + 1,
      unfinished: async () => [],
      finish: nothing,
    },
    search: store.search,
    statistics: { read: store.statistics.read, add: nothing },
    statusLeases: { select: store.statusLeases.select, add: nothing, end: nothing },
    statusRanges: {
      find: store.statusRanges.find,
      select: store.statusRanges.select,
      count: store.statusRanges.count,
      add: nothing,
    },
    usage: { query: store.usage.query, add: nothing },
    users: {
      findByUsername: users.findByUsername,
      findByEmail: users.findByEmail,
      findByName: users.findByName,
      list: users.list,
      countInGroup: users.countInGroup,
      groupNames: users.groupNames,
      ...dryRecords(users, {
        idOf: ({ id }) => id,
        findRival: async ({ id, username, email }) => {
          const named = await users.findByUsername(username);
          if (named && named.id !== id) return named;
          return email === undefined ? undefined : users.findByEmail(email);
        },
      }),
    },
    deliveries: {
      find: store.deliveries.find,
      waiting: store.deliveries.waiting,
      countWaiting: store.deliveries.countWaiting,
      told: store.deliveries.told,
      add: nothing,
      claim: async () => [],
      putOff: async () => true,
      finish: nothing,
    },
  };
}

function dryDocuments({ get }: Store['documents']): Store['documents'] {
  const written = new Map<string, VersionedDocument<unknown>>();
  const find = async <T>(name: string) =>
    (written.get(name) as VersionedDocument<T> | undefined) ?? get<T>(name);
  return {
    get: find,
    async compareAndSet(name, expected, value) {
      if (((await find(name))?.version ?? 0) !== expected) return false;
      written.set(name, { version: expected + 1, value });
      return true;
    },
  };
}
