/**
 * What would the token hold? Goes the way of a real request, from the authorization request to userinfo, or of client
 * credentials, by the same code. It has to be given a provider and a store that keep nothing, and tokens without
 * signatures: then nothing of what is made here can be used, or outlives it.
 */
import type { Client } from 'oidc-provider';
import { type AccessTokenReader, looksLikeJwt, scopeWords } from '../../tokens/room.ts';
import type { PairwiseSubjects } from '../clients/pairwise.ts';
import { errors } from '../engine/library.ts';
import { userinfoOf } from '../engine/previewed_parts.ts';
import { createPresentedTokens } from '../programs/presented_tokens.ts';
import { type ClaimSource, sourcesForApi, sourcesForClient } from './claim_sources.ts';
import {
  createPreviewedFlows,
  type FlowDependencies,
  type PreviewedAnswer,
  type PreviewRequest,
} from './previewed_flows.ts';
import { createPreviewedRequests } from './previewed_requests.ts';
import { type ShownToken, shownClaims, shownJwt } from './shown_tokens.ts';

export type PreviewedToken = ShownToken & { sources: Record<string, ClaimSource> };

export type TokenPreview = {
  grantedScopes: string[];
  /** What the request names, and the token does not hold. */
  withheldScopes: string[];
  /** Of `withheldScopes`, what the person has refused. */
  refusedScopes: string[];
  /** Undefined: there would be none. */
  idToken: PreviewedToken | undefined;
  /** `claims` of an opaque one: what introspection tells the API. */
  accessToken: PreviewedToken & { format: 'jwt' | 'opaque' };
  /** Undefined: the access token would not open it. */
  userinfo: PreviewedToken | undefined;
  /** Whether a refresh token would come with them. */
  hasRefreshToken: boolean;
};

/** As the app would get it (RFC 6749 sections 4.1.2.1 and 5.2). */
type PreviewRefusal = { error: string; description: string | undefined };

export type PreviewTokens = (
  request: PreviewRequest,
) => Promise<{ preview: TokenPreview } | { refusal: PreviewRefusal }>;

type Dependencies = FlowDependencies & {
  issuer: string;
  accessTokens: AccessTokenReader;
  pairwise: PairwiseSubjects;
};

/** For one preview. */
export function createTokenPreview(dependencies: Dependencies): PreviewTokens {
  const { provider, apis, scopes, asOf, clock } = dependencies;
  const requests = createPreviewedRequests({ provider, asOf, clock });
  const find = createPresentedTokens({ ...dependencies, reader: dependencies.accessTokens });

  const flows = createPreviewedFlows(dependencies, requests);

  const userinfo = async (token: string): Promise<ShownToken> => {
    const told = await requests.within('userinfo', {}, (ctx) => userinfoOf(ctx, token));
    return typeof told === 'string' ? shownJwt(told) : shownClaims(told);
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
    { answer, refused }: PreviewedAnswer,
  ): Promise<TokenPreview> => {
    const { access_token: token = '', id_token: idToken, refresh_token, scope } = answer;
    const client = (await provider.Client.find(request.clientId)) as Client;
    const granted = scopeWords(scope);
    const withSources = (told: ShownToken): PreviewedToken => ({
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
      const issued = await (userId === undefined
        ? flows.clientCredentials(request)
        : flows.authorizationCode(request, userId));
      return { preview: await show(request, issued) };
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError) || !error.expose) throw error;
      const { error: code, error_description: description } = error;
      return { refusal: { error: code, description } };
    }
  };
}
