/**
 * What would the token hold? Goes the way of a real request, from the authorization request to userinfo, or of client
 * credentials, by the same code. It has to be given a provider and a store that keep nothing, and tokens without
 * signatures: then nothing of what is made here can be used, or outlives it.
 */
import type { Client, Provider } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { randomId, sha256 } from '../../digests.ts';
import { jsonAnswer } from '../../http/answer.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Log } from '../../telemetry/log.ts';
import {
  type AccessTokenIssuer,
  type AccessTokenReader,
  type ArePrincipalsActive,
  looksLikeJwt,
  scopeWords,
} from '../../tokens/room.ts';
import type { PairwiseSubjects } from '../clients/pairwise.ts';
import { passwordSignIn } from '../engine/authentication_context.ts';
import { errors } from '../engine/library.ts';
import type { TokenAnswer } from '../engine/library_parts.ts';
import { authorize, userinfoOf } from '../engine/previewed_parts.ts';
import { startSession } from '../engine/private_members.ts';
import type { Parameters } from '../engine/program_context.ts';
import { withApisByIdentifier } from '../grants/named_apis.ts';
import { createClientCredentials } from '../programs/client_credentials.ts';
import { createPresentedTokens } from '../programs/presented_tokens.ts';
import { createRedemptions } from '../programs/redemptions.ts';
import type { ProgramGrant } from '../programs/token_endpoint.ts';
import { createOpaqueClientTokens } from '../records/opaque_client_tokens.ts';
import { createSettlement } from '../records/settlement.ts';
import { assumeConsent } from './assumed_consent.ts';
import { type ClaimSource, sourcesForApi, sourcesForClient } from './claim_sources.ts';
import { createPreviewedRequests } from './previewed_requests.ts';
import { type ShownToken, shownClaims, shownJwt } from './shown_tokens.ts';

export type PreviewRequest = {
  clientId: string;
  /** Undefined: the client asks for itself (client credentials). */
  userId: string | undefined;
  /** `resource`, RFC 8707. */
  api: string | undefined;
  /** Empty: the request names none. */
  scopes: readonly string[];
  /** The `claims` parameter, OpenID Connect Core section 5.5. */
  claims: object | undefined;
};

type Previewed = ShownToken & { sources: Record<string, ClaimSource> };

export type TokenPreview = {
  grantedScopes: string[];
  /** What the request names, and the token does not hold. */
  withheldScopes: string[];
  /** Of `withheldScopes`, what the person has refused. */
  refusedScopes: string[];
  /** Undefined: there would be none. */
  idToken: Previewed | undefined;
  /** `claims` of an opaque one: what introspection tells the API. */
  accessToken: Previewed & { format: 'jwt' | 'opaque' };
  /** Undefined: the access token would not open it. */
  userinfo: Previewed | undefined;
  /** Whether a refresh token would come with them. */
  hasRefreshToken: boolean;
};

/** As the app would get it (RFC 6749 sections 4.1.2.1 and 5.2). */
export type PreviewRefusal = { error: string; description: string | undefined };

export type PreviewTokens = (
  request: PreviewRequest,
) => Promise<{ preview: TokenPreview } | { refusal: PreviewRefusal }>;

type Dependencies = {
  issuer: string;
  /** Signs nothing, and keeps nothing. */
  provider: Provider;
  /** Keeps nothing. */
  artifacts: ArtifactStore;
  tokenIssuer: AccessTokenIssuer;
  accessTokens: AccessTokenReader;
  apis: ApiRegistry;
  scopes: PersonScopes;
  pairwise: PairwiseSubjects;
  arePrincipalsActive: ArePrincipalsActive;
  /** The last revocation that is sure to be seen. */
  asOf: number;
  log: Log;
  clock: Clock;
};

/** For one preview. */
export function createTokenPreview(dependencies: Dependencies): PreviewTokens {
  const { provider, artifacts, apis, scopes, asOf, clock } = dependencies;
  const requests = createPreviewedRequests({ provider, asOf, clock });
  const find = createPresentedTokens({ ...dependencies, reader: dependencies.accessTokens });

  /** What the token endpoint answers. */
  const redeem = async (grant: ProgramGrant, body: Parameters): Promise<TokenAnswer> => {
    let answer: TokenAnswer = {};
    await grant(requests.create(), withApisByIdentifier(body, apis), async (issued) => {
      const { body: members } = issued;
      answer = (typeof members === 'function' ? await members() : members) as TokenAnswer;
      return jsonAnswer(200, {});
    });
    return answer;
  };

  const clientCredentials = createClientCredentials({
    ...{ apis, programs: requests.programs, issuer: dependencies.tokenIssuer },
    opaque: createOpaqueClientTokens({ artifacts, clock }),
    arePrincipalsActive: dependencies.arePrincipalsActive,
  });
  const { authorization_code: code } = createRedemptions({
    programs: requests.programs,
    settlement: createSettlement({ artifacts, log: dependencies.log }),
    // Nothing is signed, so no signature dies.
    signatures: { watch: () => async (answer) => answer },
    paceDevice: (_code, poll) => poll(),
  });

  const ofService = async ({ clientId, api, scopes: asked }: PreviewRequest) => {
    const scope = asked.length > 0 ? asked.join(' ') : undefined;
    return {
      refused: [],
      answer: await redeem(clientCredentials, {
        ...{ grant_type: 'client_credentials', client_id: clientId, scope, resource: api },
      }),
    };
  };

  const ofPerson = async (request: PreviewRequest, userId: string) => {
    const verifier = randomId(32);
    const client = await provider.Client.find(request.clientId);
    const redirectUri = client?.redirectUris?.[0];
    let refused: string[] = [];
    const params: Parameters = {
      ...{ client_id: request.clientId, response_type: 'code', redirect_uri: redirectUri },
      ...{ code_challenge: sha256(verifier), code_challenge_method: 'S256' },
      ...(request.scopes.length > 0 && { scope: request.scopes.join(' ') }),
      ...(request.api !== undefined && { resource: request.api }),
      ...(request.claims && { claims: JSON.stringify(request.claims) }),
      // OpenID Connect Core section 11.
      ...(request.scopes.includes('offline_access') && { prompt: 'consent' }),
    };
    const issued = await requests.within('authorization', params, async (ctx) => {
      const saveSession = startSession(ctx, {
        ...{ accountId: userId, loginTs: epochSeconds(clock), asOf },
        ...passwordSignIn,
      });
      const code = await authorize(ctx, async () => {
        refused = await assumeConsent(ctx, { apis, scopes });
      });
      await saveSession(lifetimes.session);
      return code;
    });
    const answer = await redeem(code, {
      ...{ grant_type: 'authorization_code', client_id: request.clientId, code: issued },
      ...{ code_verifier: verifier, redirect_uri: redirectUri },
    });
    return { refused, answer };
  };

  const userinfo = async (token: string): Promise<ShownToken> => {
    const told = await requests.within('userinfo', {}, (ctx) => userinfoOf(ctx, token));
    return typeof told === 'string' ? shownJwt(told) : shownClaims(told as object as never);
  };

  const accessTokenOf = async (token: string) => {
    if (looksLikeJwt(token)) return { format: 'jwt' as const, ...shownJwt(token) };
    const found = await requests.within('introspection', {}, () =>
      find(provider, { token, hint: undefined, asOf }),
    );
    if (!found) throw new Error('a token of a preview was not found');
    return { format: 'opaque' as const, ...shownClaims(await found.claims()) };
  };

  const show = async (
    request: PreviewRequest,
    { answer, refused }: { answer: TokenAnswer; refused: string[] },
  ): Promise<TokenPreview> => {
    const { access_token: token = '', id_token: idToken, refresh_token, scope } = answer;
    const client = (await provider.Client.find(request.clientId)) as Client;
    const granted = scopeWords(scope);
    const withSources = (told: ShownToken): Previewed => ({
      ...told,
      sources: sourcesForClient(told.claims, { client, granted, scopes }),
    });
    const accessToken = await accessTokenOf(token);
    const api = [accessToken.claims.aud].flat().map((aud) => apis.find(String(aud)))[0];
    const opensUserinfo = request.userId !== undefined && granted.includes('openid');
    return {
      grantedScopes: granted,
      withheldScopes: request.scopes.filter((name) => !granted.includes(name)),
      refusedScopes: refused,
      idToken: idToken === undefined ? undefined : withSources(shownJwt(idToken)),
      accessToken: { ...accessToken, sources: sourcesForApi(accessToken.claims, api) },
      userinfo: opensUserinfo ? withSources(await userinfo(token)) : undefined,
      hasRefreshToken: refresh_token !== undefined,
    };
  };

  return async (request) => {
    const { userId } = request;
    try {
      const issued = await (userId === undefined ? ofService(request) : ofPerson(request, userId));
      return { preview: await show(request, issued) };
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError) || !error.expose) throw error;
      const { error: code, error_description: description } = error;
      return { refusal: { error: code, description } };
    }
  };
}
