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
import type { ClientBounds } from '../clients/client_bounds.ts';
import { usedToken } from '../clients/initial_access_tokens.ts';
import type { TokenRevocation } from '../endpoints/token_revocation.ts';
import type { RequestLinks } from '../engine/request_links.ts';
import { artifactId, fromArtifact, isReference, toArtifact } from './artifact_mapping.ts';
import { type Consumer, familyOfArtifact } from './consumption.ts';
import { kindOfJwt, recordOfJwt } from './jwt_records.ts';
import { createLiveness } from './liveness.ts';
import type { TokenStamps } from './revocation_stamps.ts';
import { structuredToken } from './structured_tokens.ts';
import type { SuccessorTokens } from './successor_tokens.ts';
import type { Begun } from './unfinished_records.ts';

export type AdapterDependencies = {
  artifacts: ArtifactStore;
  revocations: Revocations;
  accessTokens: AccessTokenReader;
  consumer: Consumer;
  successors: Pick<SuccessorTokens, 'mark'>;
  stamps: TokenStamps;
  begun: Begun;
  links: RequestLinks;
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
  const { artifacts, revocations, accessTokens, consumer, links, bounds, stamps, begun, clock } =
    dependencies;

  const isDead = createLiveness(revocations);

  /** Of the JWT that the request is about: it is as old as what was read of that. */
  const grantBehind = async (id: string) => {
    const read = kind === 'Grant' ? await links.get().reading?.result : undefined;
    return read?.grant?.id === id ? read.grant : undefined;
  };

  /** A request that was answered, as it took too long, changes nothing any more. */
  const assertOpen = () => {
    if (links.context()?.state.over === true) throw new StoreUnavailableError(new Error('over'));
  };

  /** A stored token that also opens userinfo carries both audiences, as a JWT does. */
  const withBothAudiences = (payload: AdapterPayload) => {
    if (kind !== 'AccessToken' || payload.aud === undefined) return payload;
    if (!payload.scope?.split(' ').includes('openid')) return payload;
    return { ...payload, aud: [payload.aud, dependencies.userinfoAudience].flat() };
  };

  /** At userinfo itself the library wants tokens without an audience, and the claims that were asked of it. */
  const forUserinfo = (payload: AdapterPayload): AdapterPayload => {
    if (kind !== 'AccessToken' || links.route() !== 'userinfo') return payload;
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
    const session = links.context()?.oidc.session;
    if (session?.accountId === undefined || session.jti !== id) return;
    await revocations.revoke({ sessionUid: session.uid });
  };

  /** The library asks every model whether it knows the token. */
  const readOnce = (token: string) => {
    const { reading, clientAsOf } = links.get();
    if (reading?.token === token) return reading.result;
    const result = accessTokens.read(token, clientAsOf);
    links.set({ reading: { token, result } });
    return result;
  };

  const findJwt = async (token: string): Promise<AdapterPayload | undefined> => {
    const read = kind === 'RefreshToken' ? undefined : await readOnce(token);
    if (!read || kindOfJwt(read) !== kind) return undefined;
    const { jti, exp } = read.claims;
    const { clientId, accountId, derivedFrom } = read.links;
    const holders = { clientId, accountId, derivedFrom };
    links.set({ jwt: { jti, expiresAt: exp * 1000, status: read.status, holders } });
    return forUserinfo(recordOfJwt(read));
  };

  /** Undefined: it is nothing any more that its client could have. */
  const present = async (
    artifact: Artifact,
    value?: string,
  ): Promise<AdapterPayload | undefined> => {
    const left = await bounds.narrow(kind, fromArtifact(artifact, value), links.get().clientAsOf);
    if (!left) return undefined;
    const payload = forUserinfo(withBothAudiences(left));
    if (artifact.consumedAt !== undefined && showsConsumption(kind, links.route())) {
      payload.consumed = Math.floor(artifact.consumedAt / 1000);
    }
    return payload;
  };

  /** Of any number of requests that resume it at the same moment one makes room for what follows. */
  const finishInteraction = async (id: string) => {
    const consumption = await artifacts.consume(kind, id, clock.now());
    if (!consumption?.won) return;
    links.addSpent({ kind, id, consumedAt: consumption.consumedAt });
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
      if (tokenKinds.has(kind)) artifact.familyId = links.get().familyId;
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
      const jwt = tokenKinds.has(kind) ? structuredToken(value, links.route()) : undefined;
      if (jwt) return findJwt(jwt);
      if (isReference(value) && !referenceRoutes[kind]?.includes(links.route() ?? '')) {
        return undefined;
      }
      const id = artifactId(kind, value);
      const grant = await grantBehind(id);
      if (grant) return present(grant, value);
      const artifact = await artifacts.find(kind, id, clock.now());
      if (!artifact || (await isDead(artifact))) return undefined;
      const familyId = familyOfArtifact(artifact);
      if (kind === 'RefreshToken' && familyId) links.set({ familyId });
      stamps.inherit(artifact);
      begun.found(artifact);
      const initialAccessToken = usedToken(artifact);
      if (initialAccessToken) links.set({ initialAccessToken });
      if (redeemable.has(kind)) {
        const { accountId, consumedAt } = artifact;
        links.set({ redeemed: { accountId, wasSpent: consumedAt !== undefined } });
      }
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
      const { familyId, jwt, outdated = [] } = links.get();
      if (kind === 'Interaction') await finishInteraction(id);
      if (goesAtTheEnd[kind]?.includes(links.route() ?? '')) {
        links.set({ outdated: [...outdated, { kind, id }] });
      } else if (links.route() === 'revocation') {
        await dependencies.revoke(
          kind,
          jwt ? undefined : await artifacts.find(kind, id, clock.now()),
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
      if (kind !== 'AccessToken' || links.route() !== 'end_session_confirm') return;
      const sessionUid = links.context()?.oidc.session?.uid;
      const grant = await artifacts.find('Grant', grantId, clock.now());
      if (!sessionUid || !grant?.clientId) return;
      await revocations.revoke({ session: sessionReference(sessionUid, grant.clientId) });
      await artifacts.removeAll({ grantId, sessionUid });
    },
  };
}
