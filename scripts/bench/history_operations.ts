/**
 * What is done on a store with a long history: an operation of each kind that requests, processes and operators
 * come by, on the names that all of the history hangs on.
 */
import { randomId } from '../../src/digests.ts';
import type { Store } from '../../src/storage/store.ts';
import { createRevocations } from '../../src/tokens/revocation/revocations.ts';
import { createRevokedRanges } from '../../src/tokens/status/revoked_ranges.ts';
import { day, familyOf, familySize, names } from './history_seed.ts';

const clock = { now: () => Date.now() };
const page = 100;

/** `size`: records of each kind that there are. `time`: how often it ran before; each gets its own record. */
export function operations(
  store: Store,
  size: number,
): Record<string, (time: number) => Promise<unknown>> {
  const { artifacts, apiKeys, audit, revocations: markers, statusRanges, usage } = store;
  const { account, client, grant, session, project, lineage, list } = names;
  const links = { accountId: account, clientId: client, grantId: grant };
  const revocations = createRevocations({ markers, artifacts, clock });
  const findRevokedRanges = createRevokedRanges({
    ...{ ranges: statusRanges, leases: store.statusLeases, clock },
  });
  const now = Date.now();
  const keyOf = (index: number) => `key_${String(index).padStart(9, '0')}`;
  /** From the newest family on backwards, each once. */
  const family = (time: number) => familyOf(size - 1 - time * familySize);
  const token = (id: string) => ({
    ...{ kind: 'RefreshToken', id, payload: {}, ...links, familyId: `${grant}.new` },
    ...{ sessionUid: session, expiresAt: now + day },
  });

  return {
    'session by uid': async () => {
      const artifact = { kind: 'Session', id: 'session', payload: {}, accountId: account };
      await artifacts.put({ ...artifact, sessionUid: session, expiresAt: now + day });
      return artifacts.findSession(session, clock.now());
    },
    'grant of an account at a client': async () => {
      await artifacts.put({
        kind: 'Grant',
        id: grant,
        payload: {},
        ...links,
        expiresAt: now + day,
      });
      return artifacts.findGrant(account, client, clock.now());
    },
    'a refresh token is stored': () => artifacts.put(token(randomId())),
    'a refresh token is spent': async () => {
      const id = randomId();
      await artifacts.put(token(id));
      return artifacts.consume('RefreshToken', id, clock.now());
    },
    'a token is put in a status list': (time) =>
      statusRanges.add({
        ...{ list: `new-${size}`, first: time, count: 1, issuedFrom: 0, perSecond: 1, asOf: 0 },
        ...{ clientId: client, api: names.api, keyId: 'key', userId: account, grantId: grant },
        ...{ familyId: `${grant}.new`, session, expiresAt: now + day },
      }),
    'a token is looked up by its place': (time) => statusRanges.find(list, time, clock.now()),
    'a family is ended': (time) => revocations.revoke({ familyId: family(time) }),
    'the bits of a family that ended': async (time) => {
      const marked = { key: `family:${family(time)}`, sequence: 1, before: undefined };
      for await (const hit of findRevokedRanges(marked)) if (!hit) break;
    },
    'a revocation is put': () => markers.put({ key: `token:${randomId()}`, expiresAt: now + day }),
    'what is new in revocations': async () => {
      const after = await markers.sequence();
      return markers.changes({ after: after - 10, limit: 1000, now: clock.now() });
    },
    'unfinished revocations': () => markers.unfinished(100),
    'an API key by its hash': (time) => apiKeys.findByHash(`hash-${time}`),
    'API keys of a project, a page': () =>
      apiKeys.list({ projectId: project, after: keyOf(size / 2), limit: page }),
    'API keys of a lineage, a page': () =>
      apiKeys.list({ lineage, after: keyOf(size / 2), limit: page }),
    'usage of a project, a page': () =>
      usage.query({
        ...{ from: '2031-05-01', to: '2031-05-31', projectId: project, limit: page },
        after: { day: '2031-05-04', keyId: keyOf(size / 2) },
      }),
    'usage is added': (time) =>
      usage.add([
        {
          ...{ day: '2031-05-04', keyId: keyOf(time), projectId: project, api: names.api },
          ...{ allowed: 1, limited: 0, denied: 0 },
        },
      ]),
    'webhook deliveries are claimed': () =>
      store.deliveries.claim({
        ...{ endpoint: names.endpoint, now: clock.now(), until: now + day, limit: 10 },
      }),
    'audit events of a user, a page': () =>
      audit.list({ userId: account, before: now - size / 2, limit: page }),
    'an audit event is written': () =>
      audit.append([
        {
          ...{ id: randomId(), at: clock.now(), type: 'token.issued', outcome: 'success' },
          ...{ userId: account, clientId: client },
        },
      ]),
    'a purge that finds nothing': () =>
      store.purge({ now: now - day, limit: 500, auditBefore: now - 365 * day }),
  };
}
