/**
 * The library's storage, on artifacts. It owns what the library leaves to a store: single use, hashed bearer
 * values, death by revocation, JWTs that have no record. One adapter object per kind of record, all sharing the
 * dependencies; what differs between them stands in the table (kinds.ts). Clients have their own (client_adapter.ts).
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import { type Artifact, type ArtifactStore, indexedKinds } from '../../storage/artifacts.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';
import {
  type AccessTokenReader,
  looksLikeJwt,
  type Revocations,
  sessionReference,
} from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import type { ClientBounds } from '../clients/client_bounds.ts';
import { useInitialAccessToken } from '../clients/initial_access_tokens.ts';
import { currentContext, currentRoute } from '../engine/request_slots.ts';
import { expiredInteraction } from '../guards/browser_binding.ts';
import type { ApiIdentities } from './api_identities.ts';
import { artifactId, fromArtifact, isReference, toArtifact } from './artifact_mapping.ts';
import { type Consumer, noteRedeemed } from './consumption.ts';
import { beforeAnswer } from './gathered_writes.ts';
import { kindOf, kinds } from './kinds.ts';
import { createLiveness } from './liveness.ts';
import { findJwt } from './presented_jwt.ts';
import type { TokenStamps } from './revocation_stamps.ts';
import type { SessionDevices } from './session_device.ts';
import { noteSpent, removeOnSuccess } from './settlement.ts';
import type { SuccessorTokens } from './successor_tokens.ts';
import { continueFamily, currentFamily } from './token_family.ts';
import type { Begun } from './unfinished_records.ts';
import { forUserinfo, withBothAudiences } from './userinfo_tokens.ts';

export type AdapterDependencies = {
  artifacts: ArtifactStore;
  revocations: Revocations;
  accessTokens: AccessTokenReader;
  consumer: Consumer;
  successors: Pick<SuccessorTokens, 'mark'>;
  stamps: TokenStamps;
  devices: SessionDevices;
  begun: Begun;
  bounds: Pick<ClientBounds, 'narrow'>;
  apiIdentities: ApiIdentities;
  /** Before a client is granted something. */
  keepUsed: (clientId: string) => Promise<void>;
  clock: Clock;
  /** Keyed digests of a device's user code, newest key first: too short for a plain hash. */
  userCodeDigests: (userCode: string) => string[];
  /** The userinfo endpoint, as an audience. */
  userinfoAudience: string;
};

/** A sign-out that asks nothing ends on the first (endpoints/sign_out_hints.ts), others with their form. */
const signOutRoutes = ['end_session', 'end_session_confirm'];

/** `model`: the library's name for a kind. Throws for one that the table does not have. */
export function createArtifactAdapter(model: string, dependencies: AdapterDependencies): Adapter {
  const kind = kindOf(model);
  const row = kinds[kind];
  const { stored, use, ends, presented } = row;
  const { artifacts, revocations, consumer, stamps, begun, clock, userinfoAudience } = dependencies;
  const { keepUsed, devices, apiIdentities } = dependencies;
  const isCounted = row.counted !== 'never';
  const isStamped = ends.stamp !== 'none';
  const unseenOn = use.times === 'once' && use.spentBy === 'consumption' ? use.unseenOn : 'none';
  const isOnRoute = (routes: readonly string[]) =>
    routes.length > 0 && routes.includes(currentRoute() ?? '');

  const liveness = createLiveness(revocations);
  const isDead = async (artifact: Artifact) => ends.by !== 'nothing' && liveness(artifact);

  /** A request that was answered, as it took too long, changes nothing any more. */
  const assertOpen = () => {
    if (currentContext()?.state.over === true) throw new StoreUnavailableError(new Error('over'));
  };

  /**
   * A sign-out ends the session for good: another request of the same browser (or of a thief) that is under
   * way saves it again. A session that only gets a new id goes on under the same uid.
   */
  const endSession = async (id: string) => {
    const session = currentContext()?.oidc.session;
    if (session?.accountId === undefined || session.jti !== id) return;
    await revocations.revoke({ sessionUid: session.uid });
  };

  const isRedeemed = presented.redeemedAs !== 'none';

  /** Undefined: it is nothing any more that its client could have. */
  const present = async (
    artifact: Artifact,
    value?: string,
  ): Promise<AdapterPayload | undefined> => {
    let payload: AdapterPayload | undefined = fromArtifact(artifact, value);
    if (isRedeemed && !apiIdentities.hold(artifact.payload)) return undefined;
    if (row.bounds.narrowed) {
      payload = await dependencies.bounds.narrow(kind, payload, clientAsOf());
      if (!payload) return undefined;
    }
    if (row.bounds.userinfo) {
      payload = forUserinfo(withBothAudiences(kind, payload, userinfoAudience), userinfoAudience);
    }
    if (artifact.consumedAt !== undefined && currentRoute() !== unseenOn) {
      payload.consumed = Math.floor(artifact.consumedAt / 1000);
    }
    return payload;
  };

  const presentJwt = async (token: string): Promise<AdapterPayload | undefined> => {
    if (presented.token !== 'access') return undefined;
    const record = await findJwt(kind, token, dependencies.accessTokens);
    return record && row.bounds.userinfo ? forUserinfo(record, userinfoAudience) : record;
  };

  /** What the later steps of the request must know of what it presents. */
  const noteFound = (artifact: Artifact) => {
    if (ends.family === 'continues') continueFamily(artifact);
    if (isStamped) stamps.inherit(artifact, ends.stamp);
    if (row.seenIn === 'browser') devices.found(artifact);
    if (isCounted) begun.found(artifact, row.counted);
    if (use.times === 'limited') useInitialAccessToken(artifact);
    if (isRedeemed) noteRedeemed(artifact);
  };

  /** Of any number of requests that end it at the same moment one makes room for what follows. */
  const spend = async (id: string) => {
    const consumption = await artifacts.consume(kind, id, clock.now());
    if (!consumption?.won) return;
    noteSpent({ kind, id, consumedAt: consumption.consumedAt });
    await begun.finish(kind);
  };

  return {
    async upsert(value, payload, expiresIn) {
      assertOpen();
      const { userCode } = payload;
      const [alias] = userCode ? dependencies.userCodeDigests(userCode) : [];
      const now = clock.now();
      const artifact = toArtifact(kind, value, payload, { expiresIn, now, alias });
      if (ends.family === 'continues' || ends.family === 'member') {
        artifact.familyId = currentFamily();
      }
      if (isCounted) await begun.begin(artifact, row.counted);
      if (kind === indexedKinds.grant && artifact.clientId) await keepUsed(artifact.clientId);
      if (isStamped) await stamps.stamp(artifact, ends.stamp);
      if (row.seenIn === 'browser') devices.note(artifact);
      if (isRedeemed) apiIdentities.stamp(artifact.payload);
      if (presented.token === 'refresh') dependencies.successors.mark(artifact);
      if (stored.written === 'once') await beforeAnswer(artifacts.insert(artifact, now));
      else if (stored.written === 'by_pages' && currentRoute() === undefined) {
        if (!(await artifacts.rewrite(artifact, now))) throw expiredInteraction();
      } else await artifacts.put(artifact);
      if (ends.writtenLate === 'is_removed' && (await isDead(artifact))) {
        await artifacts.remove(kind, artifact.id);
      }
      if (ends.writtenLate === 'is_refused') await stamps.assertAlive(payload);
    },

    async find(value) {
      if (presented.token !== 'none' && looksLikeJwt(value)) return presentJwt(value);
      if (isReference(value) && !isOnRoute(row.referencedOn)) return undefined;
      const id = artifactId(kind, value);
      const artifact = await artifacts.find(kind, id, clock.now());
      if (!artifact || (await isDead(artifact))) return undefined;
      noteFound(artifact);
      return present(artifact, value);
    },

    async findByUid(uid) {
      if (stored.lookup !== 'session') return undefined;
      const artifact = await artifacts.findSession(uid, clock.now());
      return artifact && !(await isDead(artifact)) ? present(artifact) : undefined;
    },

    async findByUserCode(userCode) {
      if (stored.lookup !== 'deviceCode') return undefined;
      for (const digest of dependencies.userCodeDigests(userCode)) {
        const artifact = await artifacts.findDeviceCode(digest, clock.now());
        const payload = artifact && (await present(artifact));
        if (payload) return { ...payload, userCode };
      }
      return undefined;
    },

    async consume(value) {
      assertOpen();
      await consumer.consume(kind, artifactId(kind, value), value);
      if (isCounted) await begun.finish(kind);
    },

    async destroy(value) {
      const id = artifactId(kind, value);
      const familyId = currentFamily();
      if (row.signOut === 'session_ends') await endSession(value);
      if (use.times === 'once' && use.spentBy === 'removal') await spend(id);
      if (isOnRoute(row.endWaitsOn)) removeOnSuccess({ kind, id });
      else if (ends.family === 'continues' && familyId) await revocations.revoke({ familyId });
      else await artifacts.remove(kind, id);
    },

    /**
     * The library calls this for each model when a person signs out. Tokens of that session at that client
     * end; the grant is a person's consent and stays. On other routes nothing is left to do: replays and
     * revocations have ended the family already, and ending the whole grant would sign out other devices.
     */
    async revokeByGrantId(grantId) {
      if (row.signOut !== 'tokens_end' || !isOnRoute(signOutRoutes)) return;
      const sessionUid = currentContext()?.oidc.session?.uid;
      const grant = await artifacts.find(indexedKinds.grant, grantId, clock.now());
      if (!sessionUid || !grant?.clientId) return;
      await revocations.revoke({ session: sessionReference(sessionUid, grant.clientId) });
      await artifacts.removeAll({ grantId, sessionUid });
    },
  };
}
