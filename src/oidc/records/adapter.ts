/**
 * The library's storage, on artifacts. It owns what the library leaves to a store: single use, hashed bearer
 * values, death by revocation, JWTs that have no record. One adapter object per model, all sharing the
 * dependencies; clients have their own (client_adapter.ts).
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';
import { type AccessTokenReader, type Revocations, sessionReference } from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import type { ClientBounds } from '../clients/client_bounds.ts';
import { useInitialAccessToken } from '../clients/initial_access_tokens.ts';
import type { TokenRevocation } from '../endpoints/token_revocation.ts';
import { currentContext, currentRoute } from '../engine/request_slots.ts';
import { artifactId, fromArtifact, isReference, toArtifact } from './artifact_mapping.ts';
import { type Consumer, noteRedeemed } from './consumption.ts';
import { createLiveness } from './liveness.ts';
import { findJwt, grantOfJwt, presentedJwt } from './presented_jwt.ts';
import type { TokenStamps } from './revocation_stamps.ts';
import { noteSpent, removeOnSuccess } from './settlement.ts';
import { structuredToken } from './structured_tokens.ts';
import type { SuccessorTokens } from './successor_tokens.ts';
import { continueFamily, currentFamily } from './token_family.ts';
import type { Begun } from './unfinished_records.ts';

export type AdapterDependencies = {
  artifacts: ArtifactStore;
  revocations: Revocations;
  accessTokens: AccessTokenReader;
  consumer: Consumer;
  successors: Pick<SuccessorTokens, 'mark'>;
  stamps: TokenStamps;
  begun: Begun;
  bounds: Pick<ClientBounds, 'narrow'>;
  clock: Clock;
  /** Keyed digests of a device's user code, newest key first: too short for a plain hash. */
  userCodeDigests: (userCode: string) => string[];
  /** The userinfo endpoint, as an audience. */
  userinfoAudience: string;
  /** What the revocation endpoint does. */
  revoke: TokenRevocation;
};

/** What tokens are issued for. */
const redeemable = new Set(['AuthorizationCode', 'DeviceCode', 'RefreshToken']);
const tokenKinds = new Set(['AccessToken', 'ClientCredentials', 'RefreshToken']);
/** The only routes on which a reference (not a presented value) is looked up, and the models it may name. */
const referenceRoutes: Record<string, string[]> = {
  DeviceCode: ['code_verification', 'device_resume'],
  PushedAuthorizationRequest: ['resume'],
};
/** What ends only when the request that replaces it has succeeded (settlement.ts), by route. */
const goesAtTheEnd: Record<string, string[]> = {
  Interaction: ['resume', 'device_resume'],
  RegistrationAccessToken: ['client_update'],
};
/** Refused again when presented: the library must see that it was spent. Elsewhere our consumption decides. */
const showsConsumption = (kind: string, route: string | undefined) =>
  kind === 'PushedAuthorizationRequest' || route !== 'token';

export function createArtifactAdapter(kind: string, dependencies: AdapterDependencies): Adapter {
  const { artifacts, revocations, accessTokens, consumer, bounds, stamps, begun, clock } =
    dependencies;

  const isDead = createLiveness(revocations);

  /** A request that was answered, as it took too long, changes nothing any more. */
  const assertOpen = () => {
    if (currentContext()?.state.over === true) throw new StoreUnavailableError(new Error('over'));
  };

  /** A stored token that also opens userinfo carries both audiences, as a JWT does. */
  const withBothAudiences = (payload: AdapterPayload) => {
    if (kind !== 'AccessToken' || payload.aud === undefined) return payload;
    if (!payload.scope?.split(' ').includes('openid')) return payload;
    return { ...payload, aud: [payload.aud, dependencies.userinfoAudience].flat() };
  };

  /** At userinfo itself the library wants tokens without an audience, and the claims that were asked of it. */
  const forUserinfo = (payload: AdapterPayload): AdapterPayload => {
    if (kind !== 'AccessToken' || currentRoute() !== 'userinfo') return payload;
    if (![payload.aud].flat().includes(dependencies.userinfoAudience)) return payload;
    const { aud: _aud, ...withoutAudience } = payload;
    const names = (payload.extra?.userinfo_claims ?? []) as string[];
    const userinfo = Object.fromEntries(names.map((name) => [name, null]));
    return { ...withoutAudience, claims: { userinfo } };
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

  const presentJwt = async (token: string): Promise<AdapterPayload | undefined> => {
    const record = kind === 'RefreshToken' ? undefined : await findJwt(kind, token, accessTokens);
    return record && forUserinfo(record);
  };

  /** Undefined: it is nothing any more that its client could have. */
  const present = async (
    artifact: Artifact,
    value?: string,
  ): Promise<AdapterPayload | undefined> => {
    const left = await bounds.narrow(kind, fromArtifact(artifact, value), clientAsOf());
    if (!left) return undefined;
    const payload = forUserinfo(withBothAudiences(left));
    if (artifact.consumedAt !== undefined && showsConsumption(kind, currentRoute())) {
      payload.consumed = Math.floor(artifact.consumedAt / 1000);
    }
    return payload;
  };

  /** Of any number of requests that resume it at the same moment one makes room for what follows. */
  const finishInteraction = async (id: string) => {
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
      const artifact = toArtifact(kind, value, payload, {
        expiresIn,
        now: clock.now(),
        alias,
      });
      if (tokenKinds.has(kind)) artifact.familyId = currentFamily();
      await begun.begin(artifact);
      await stamps.stamp(artifact);
      // A refresh token's record is written once: a late writer must not bring a spent one back to life.
      if (kind === 'RefreshToken') {
        dependencies.successors.mark(artifact);
        await artifacts.insert(artifact, clock.now());
      } else await artifacts.put(artifact);
      // A consent that was withdrawn meanwhile must not lie there until its marker has expired.
      if (kind === 'Grant' && (await isDead(artifact))) await artifacts.remove(kind, artifact.id);
      if (kind === 'AccessToken') await stamps.assertAlive(payload);
    },

    async find(value) {
      const jwt = tokenKinds.has(kind) ? structuredToken(value, currentRoute()) : undefined;
      if (jwt) return presentJwt(jwt);
      if (isReference(value) && !referenceRoutes[kind]?.includes(currentRoute() ?? '')) {
        return undefined;
      }
      const id = artifactId(kind, value);
      const grant = kind === 'Grant' ? await grantOfJwt(id) : undefined;
      if (grant) return present(grant, value);
      const artifact = await artifacts.find(kind, id, clock.now());
      if (!artifact || (await isDead(artifact))) return undefined;
      if (kind === 'RefreshToken') continueFamily(artifact);
      stamps.inherit(artifact);
      begun.found(artifact);
      if (kind === 'InitialAccessToken') useInitialAccessToken(artifact);
      if (redeemable.has(kind)) noteRedeemed(artifact);
      return present(artifact, value);
    },

    /** Of sessions alone, as the next is of device codes alone. */
    async findByUid(uid) {
      const artifact = await artifacts.findSession(uid, clock.now());
      return artifact && !(await isDead(artifact)) ? present(artifact) : undefined;
    },

    async findByUserCode(userCode) {
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
      await begun.finish(kind);
    },

    async destroy(value) {
      const id = artifactId(kind, value);
      if (kind === 'Session') await endSession(value);
      const familyId = currentFamily();
      if (kind === 'Interaction') await finishInteraction(id);
      if (goesAtTheEnd[kind]?.includes(currentRoute() ?? '')) {
        removeOnSuccess({ kind, id });
      } else if (currentRoute() === 'revocation') {
        await dependencies.revoke(
          kind,
          presentedJwt() ? undefined : await artifacts.find(kind, id, clock.now()),
        );
      } else if (kind === 'RefreshToken' && familyId) await revocations.revoke({ familyId });
      else await artifacts.remove(kind, id);
    },

    /**
     * The library calls this for each model when a person signs out. Tokens of that session at that client
     * end; the grant is a person's consent and stays. On other routes nothing is left to do: replays and
     * revocations have ended the family already, and ending the whole grant would sign out other devices.
     */
    async revokeByGrantId(grantId) {
      if (kind !== 'AccessToken' || currentRoute() !== 'end_session_confirm') return;
      const sessionUid = currentContext()?.oidc.session?.uid;
      const grant = await artifacts.find('Grant', grantId, clock.now());
      if (!sessionUid || !grant?.clientId) return;
      await revocations.revoke({ session: sessionReference(sessionUid, grant.clientId) });
      await artifacts.removeAll({ grantId, sessionUid });
    },
  };
}
