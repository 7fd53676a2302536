/**
 * Artifacts of a dry run: what would be written is remembered here, over a store that is only read, so that one step
 * finds what the step before has left.
 */
import { type Artifact, type ArtifactStore, indexedKinds } from '../artifacts.ts';

/** Nothing that is written leaves this object. */
export function dryArtifacts(
  store: Pick<
    ArtifactStore,
    'find' | 'findSession' | 'findDeviceCode' | 'findGrant' | 'list' | 'count'
  >,
): ArtifactStore {
  /** Null: removed. */
  const written = new Map<string, Artifact | null>();
  const keyOf = ({ kind, id }: Pick<Artifact, 'kind' | 'id'>) => `${kind} ${id}`;
  const keep = (artifact: Artifact) => void written.set(keyOf(artifact), artifact);

  const find: ArtifactStore['find'] = async (kind, id, now) => {
    const own = written.get(keyOf({ kind, id }));
    if (own === undefined) return store.find(kind, id, now);
    return own && own.expiresAt > now ? own : undefined;
  };
  /** The newest that is written here, or else the stored one as it is here. */
  const newest = async (
    matches: (artifact: Artifact) => boolean,
    now: number,
    stored: Promise<Artifact | undefined>,
  ) => {
    const own = [...written.values()].filter((one) => one && one.expiresAt > now && matches(one));
    const known = own.at(-1) ?? (await stored);
    return known && find(known.kind, known.id, now);
  };
  const change = async (
    { kind, id }: Pick<Artifact, 'kind' | 'id'>,
    members: Partial<Artifact>,
  ) => {
    const known = await find(kind, id, 0);
    if (known) keep({ ...known, ...members });
    return known !== undefined;
  };

  return {
    // What is listed and counted is what the store has.
    ...{ find, list: store.list, count: store.count },
    findSession: (uid, now) =>
      newest(
        ({ kind, sessionUid }) => kind === indexedKinds.session && sessionUid === uid,
        now,
        store.findSession(uid, now),
      ),
    findDeviceCode: (alias, now) =>
      newest(
        (artifact) => artifact.kind === indexedKinds.deviceCode && artifact.alias === alias,
        now,
        store.findDeviceCode(alias, now),
      ),
    findGrant: (accountId, clientId, now) =>
      newest(
        (artifact) =>
          artifact.kind === indexedKinds.grant &&
          artifact.accountId === accountId &&
          artifact.clientId === clientId,
        now,
        store.findGrant(accountId, clientId, now),
      ),
    async put(artifact) {
      keep({ ...(await find(artifact.kind, artifact.id, 0)), ...artifact });
    },
    rewrite: ({ kind, id, payload }) => change({ kind, id }, { payload }),
    async insert(artifact, now) {
      if (await find(artifact.kind, artifact.id, now)) return false;
      keep(artifact);
      return true;
    },
    async consume(kind, id, now) {
      const artifact = await find(kind, id, now);
      if (!artifact) return undefined;
      if (artifact.consumedAt !== undefined) {
        return { won: false, consumedAt: artifact.consumedAt, artifact };
      }
      keep({ ...artifact, consumedAt: now });
      return { won: true, consumedAt: now, artifact };
    },
    release: (kind, id) => change({ kind, id }, { consumedAt: undefined }),
    keepSpent: async () => true,
    async remove(kind, id) {
      written.set(keyOf({ kind, id }), null);
    },
    removeAll: async () => 0,
  };
}
