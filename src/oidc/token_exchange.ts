/**
 * The token exchange grant (RFC 8693) for access tokens: the library has authenticated the client, which must be
 * registered for the grant; what comes of it is planExchange()'s.
 */
import { type Client, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { ApiRegistry } from '../apis/registry.ts';
import type { Clock } from '../clock.ts';
import { tokenExchange } from '../config/client_metadata.ts';
import { CardeaError } from '../errors.ts';
import { sha256 } from '../ids.ts';
import type { Artifact, ArtifactStore } from '../storage/artifacts.ts';
import { type AccessTokenReader, looksLikeJwt } from '../tokens/access_token_reader.ts';
import { type Actor, planExchange, type SubjectToken } from '../tokens/exchange.ts';
import type { IssuedToken, TokenIssuer } from '../tokens/issuer.ts';
import type { Revocations } from '../tokens/revocations.ts';
import {
  exchangeAnswer,
  exchangeParameters,
  isAccessToken,
  parseExchange,
} from './exchange_request.ts';
import { createLiveness, linksOf } from './liveness.ts';
import type { ExchangedToken, RequestLinks } from './request_links.ts';

export type TokenExchangeDependencies = {
  accessTokens: AccessTokenReader;
  artifacts: Pick<ArtifactStore, 'find'>;
  revocations: Pick<Revocations, 'isRevoked'>;
  issuer: TokenIssuer;
  apis: ApiRegistry;
  links: RequestLinks;
  clock: Clock;
};

export function registerTokenExchange(
  provider: Provider,
  dependencies: TokenExchangeDependencies,
): void {
  const { accessTokens, artifacts, revocations, issuer, apis, links, clock } = dependencies;
  const isDead = createLiveness(revocations);

  const fromJwt = async (token: string): Promise<SubjectToken | undefined> => {
    const read = await accessTokens.read(token);
    if (!read) return undefined;
    const { claims } = read;
    const { auth_time, acr, amr } = claims;
    return {
      subject: claims.sub,
      clientId: claims.client_id,
      audiences: [claims.aud].flat(),
      scopes: words(claims.scope),
      expiresAt: claims.exp,
      act: claims.act as Actor | undefined,
      isBound: claims.cnf !== undefined,
      context: { auth_time, acr, amr },
      links: read.links,
      markerKey: `token:${claims.jti}`,
    };
  };

  const fromRecord = async (artifact: Artifact): Promise<SubjectToken | undefined> => {
    const own = linksOf(artifact);
    if (!own || (await isDead(artifact))) return undefined;
    const { clientId = '', accountId, payload } = artifact;
    const { aud, scope, exp, jkt, extra = {} } = payload as OpaquePayload;
    const { act, auth_time, acr, amr } = extra;
    return {
      subject: accountId ?? clientId,
      clientId,
      audiences: [aud ?? []].flat(),
      scopes: words(scope),
      expiresAt: Number(exp),
      act: act as Actor | undefined,
      isBound: jkt !== undefined || payload['x5t#S256'] !== undefined,
      context: { auth_time, acr, amr },
      links: own,
      markerKey: `record:${artifact.id}`,
    };
  };

  const find = async (token: string): Promise<SubjectToken | undefined> => {
    if (looksLikeJwt(token)) return fromJwt(token);
    for (const kind of ['AccessToken', 'ClientCredentials']) {
      const artifact = await artifacts.find(kind, sha256(token), clock.now());
      if (artifact) return fromRecord(artifact);
    }
    return undefined;
  };

  /** The holder of the actor token must be the one who asks. */
  const findActor = async (token: string, client: Client) => {
    const actor = await find(token);
    if (actor?.clientId !== client.clientId) {
      throw new errors.InvalidRequest('actor_token is not a live access token of this client');
    }
    return { subject: actor.subject, clientId: actor.clientId };
  };

  const exchange = async (ctx: KoaContextWithOIDC) => {
    const { client } = ctx.oidc;
    if (!client || client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient();
    if (client.dpopBoundAccessTokens || ctx.get('DPoP')) {
      throw new errors.InvalidRequest('an exchange issues bearer tokens only');
    }
    const request = parseExchange(ctx.oidc.params as Record<string, unknown>);
    if (!isAccessToken(request.subjectTokenType)) {
      throw new errors.InvalidRequest('subject_token_type is not supported');
    }
    const subject = await find(request.subjectToken);
    if (!subject) throw new errors.InvalidRequest('subject_token is not a live access token');
    const isOpaque = !looksLikeJwt(request.subjectToken);
    if (isOpaque && (await isOfPairwiseClient(ctx, subject))) {
      throw new errors.InvalidRequest('an opaque token of a client with pairwise subjects');
    }
    const { actorToken } = request;
    const plan = planExchange(
      {
        subject,
        client: {
          id: client.clientId,
          apis: client.apis as string[],
          scopes: client.allowed_scope === undefined ? undefined : words(client.allowed_scope),
        },
        target: request.target,
        scopes: request.scopes,
        actor: actorToken === undefined ? undefined : await findActor(actorToken, client),
      },
      { apis, clock },
    );
    const issued = await issuer.issue(plan);
    await assertAlive(subject);
    links.set({ exchanged: describe(issued, plan.scopes, plan.api.identifier) });
    ctx.body = exchangeAnswer(issued, plan.scopes);
  };

  /** Its subject is known to Cardea only: no other client may learn the person's own. */
  const isOfPairwiseClient = async (ctx: KoaContextWithOIDC, { clientId }: SubjectToken) =>
    (await ctx.oidc.provider.Client.find(clientId))?.subjectType === 'pairwise';

  /** Asked after the new token is on record: a revocation sees the token, or this sees the revocation. */
  const assertAlive = async (subject: SubjectToken) => {
    if (!(await revocations.isRevoked(subject.links))) return;
    throw new errors.InvalidRequest('subject_token is not a live access token');
  };

  provider.registerGrantType(
    tokenExchange,
    async (ctx) => {
      try {
        await exchange(ctx as KoaContextWithOIDC);
      } catch (error) {
        if (!(error instanceof CardeaError) || error.status >= 500) throw error;
        throw new errors.CustomOIDCProviderError(error.code, error.message);
      }
    },
    [...exchangeParameters],
  );
}

type OpaquePayload = {
  aud?: string | string[];
  scope?: string;
  exp?: number;
  jkt?: string;
  extra?: Record<string, unknown>;
};

function describe(
  { jti }: IssuedToken,
  scopes: readonly string[],
  audience: string,
): ExchangedToken {
  return { jti, scope: scopes.join(' '), audience };
}

function words(text: unknown): string[] {
  return typeof text === 'string' ? text.split(' ').filter(Boolean) : [];
}
