/**
 * The token exchange grant (RFC 8693) for access tokens: the client must be registered for the grant; what comes of it
 * is planExchange()'s.
 */
import type { Client, Provider } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { Clock } from '../../clock.ts';
import { tokenExchange } from '../../definitions/oauth.ts';
import { CardeaError } from '../../errors.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import {
  type AccessTokenIssuer,
  type AccessTokenReader,
  type Actor,
  type ApiKeyClaim,
  type ArePrincipalsActive,
  looksLikeJwt,
  planExchange,
  type Revocations,
  type SubjectToken,
  scopeWords,
} from '../../tokens/room.ts';
import type { ClientBounds } from '../clients/client_bounds.ts';
import { errors } from '../engine/library.ts';
import { rejectRepeated } from '../engine/library_parts.ts';
import type { ClaimsForApi } from '../grants/api_claims.ts';
import { checkScopeSyntax } from '../grants/scope_syntax.ts';
import { linksOf } from '../records/liveness.ts';
import { createOpaqueTokens, opaqueFacts } from '../records/opaque_tokens.ts';
import {
  exchangeAnswer,
  exchangeParameters,
  isAccessToken,
  parseExchange,
} from './exchange_request.ts';
import type { ProgramRequest, ProgramRequests } from './program_requests.ts';
import type { Issued, ProgramGrant } from './token_endpoint.ts';

export type TokenExchangeDependencies = {
  programs: ProgramRequests;
  accessTokens: AccessTokenReader;
  artifacts: Pick<ArtifactStore, 'find'>;
  revocations: Pick<Revocations, 'isRevoked'>;
  arePrincipalsActive: ArePrincipalsActive;
  issuer: Pick<AccessTokenIssuer, 'issue'>;
  apis: ApiRegistry;
  bounds: Pick<ClientBounds, 'narrow'>;
  claimsForApi: ClaimsForApi;
  clock: Clock;
};

const names = ['grant_type', ...exchangeParameters];

/** Before it is known what its subject may have elsewhere. */
type PresentedToken = Omit<SubjectToken, 'scopesAt'>;

export function createTokenExchange(dependencies: TokenExchangeDependencies): ProgramGrant {
  const { accessTokens, artifacts, revocations, arePrincipalsActive, issuer, apis } = dependencies;
  const { bounds, claimsForApi, clock } = dependencies;
  const findOpaque = createOpaqueTokens({ artifacts, revocations, bounds, clock });

  const fromJwt = async (token: string, asOf: number): Promise<PresentedToken | undefined> => {
    const read = await accessTokens.read(token, asOf);
    if (!read) return undefined;
    const { claims } = read;
    const { auth_time, acr, amr, api_key_id, project, environment } = claims;
    return {
      subject: claims.sub,
      clientId: claims.client_id,
      audiences: [claims.aud].flat(),
      scopes: scopeWords(claims.scope),
      expiresAt: claims.exp,
      act: claims.act as Actor | undefined,
      isBound: claims.cnf !== undefined,
      environment: environment as string | undefined,
      apiKeys: (claims.api_keys as ApiKeyClaim[] | undefined) ?? [],
      context: { auth_time, acr, amr, api_key_id, project },
      links: read.links,
    };
  };

  const fromRecord = (artifact: Artifact): PresentedToken | undefined => {
    const own = linksOf(artifact);
    if (!own) return undefined;
    const { clientId = '', accountId, payload } = artifact;
    const { exp, extra = {} } = payload as { exp?: number; extra?: Record<string, unknown> };
    const { act, auth_time, acr, amr } = extra;
    return {
      subject: accountId ?? clientId,
      clientId,
      ...opaqueFacts(artifact),
      expiresAt: Number(exp),
      act: act as Actor | undefined,
      // No opaque token comes of an API key.
      environment: undefined,
      apiKeys: [],
      context: { auth_time, acr, amr },
      links: own,
    };
  };

  const fromOpaque = async (token: string): Promise<PresentedToken | undefined> => {
    const artifact = await findOpaque(token);
    return artifact && fromRecord(artifact);
  };

  /** A live one. An opaque token's subject is known to Cardea only: nobody may learn the person's own. */
  const find = async ({ ctx: { oidc }, asOf }: ProgramRequest, token: string, name: string) => {
    const isJwt = looksLikeJwt(token);
    const found = await (isJwt ? fromJwt(token, asOf) : fromOpaque(token));
    if (!found || !(await arePrincipalsActive(found.links, asOf))) throw notAlive(name);
    const client = isJwt ? undefined : await oidc.provider.Client.find(found.clientId);
    if (client?.subjectType === 'pairwise') {
      throw new errors.InvalidRequest(
        `${name} is an opaque token of a client with pairwise subjects`,
      );
    }
    return found;
  };

  /** The holder of the actor token must be the one who asks. */
  const findActor = async (asking: ProgramRequest, token: string, client: Client) => {
    const actor = await find(asking, token, 'actor_token');
    if (actor.clientId !== client.clientId) throw notAlive('actor_token');
    return actor;
  };

  const exchange = async (asking: ProgramRequest): Promise<Issued> => {
    const { ctx, client, params } = asking;
    client.grantTypeAllowed(tokenExchange);
    rejectRepeated(ctx);
    checkScopeSyntax(params.scope);
    if (client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient();
    if (client.dpopBoundAccessTokens || ctx.get('DPoP')) {
      throw new errors.InvalidRequest('an exchange issues bearer tokens only');
    }
    const request = parseExchange(params);
    if (!isAccessToken(request.subjectTokenType)) {
      throw new errors.InvalidRequest('subject_token_type is not supported');
    }
    const { subjectToken, actorToken } = request;
    const presented = await find(asking, subjectToken, 'subject_token');
    const subject = { ...presented, scopesAt: await scopesElsewhere(ctx.oidc.provider, presented) };
    const actor =
      actorToken === undefined ? undefined : await findActor(asking, actorToken, client);
    const plan = planExchange(
      {
        subject,
        client: {
          id: client.clientId,
          apis: client.apis as string[],
          scopes: scopeWords(client.allowed_scope),
        },
        target: request.target,
        scopes: request.scopes,
        actor,
      },
      { apis },
    );
    const ofPerson = await claimsForApi({
      audience: plan.api.identifier,
      accountId: plan.links.userId,
      scopes: plan.scopes,
    });
    const issued = await issuer.issue({ ...plan, claims: { ...ofPerson, ...plan.claims } });
    if (issued.expiresIn < 1) throw notAlive('subject_token');
    await assertAlive(subject, 'subject_token');
    if (actor) await assertAlive(actor, 'actor_token');
    // A kill switch that came before the new token was on record has ended only what was there.
    if (!(await arePrincipalsActive({ clientId: client.clientId }))) {
      throw new errors.InvalidClientAuth('the client was disabled meanwhile');
    }
    return {
      token: issued,
      ...{ clientId: client.clientId, scope: plan.scopes.join(' '), audience: plan.api.identifier },
      body: exchangeAnswer(issued, plan.scopes),
    };
  };

  /** Asked after the new token is on record: a revocation sees the token, or this sees the revocation. */
  const assertAlive = async (token: PresentedToken, name: string) => {
    if (await revocations.isRevoked(token.links)) throw notAlive(name);
  };

  return (request, body, answer) =>
    dependencies.programs.answer(request, { route: 'token', body, names }, async (asking) =>
      answer(await exchange(asking).catch(asLibraryError)),
    );
}

function asLibraryError(error: unknown): never {
  if (!(error instanceof CardeaError) || error.status >= 500) throw error;
  throw new errors.CustomOIDCProviderError(error.code, error.message);
}

/**
 * What the subject of a token may have at other APIs. A person's consent was given to one client, whoever holds the
 * token by now; where that client asks nobody, what it is registered for stands for consent. A key is for one API.
 */
async function scopesElsewhere(
  provider: Provider,
  { subject, context, links: { accountId, grantId } }: PresentedToken,
): Promise<SubjectToken['scopesAt']> {
  const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  // Withdrawn since the token was looked at.
  if (grantId !== undefined && !grant) throw notAlive('subject_token');
  const isService = accountId === undefined && context.api_key_id === undefined;
  const client = await provider.Client.find(grant?.clientId ?? (isService ? subject : ''));
  return (api) => {
    const isRegistered = [client?.apis ?? []].flat().includes(api);
    const registered = isRegistered ? scopeWords(client?.allowed_scope) : [];
    if (!grant || client?.consent === 'skip') return registered;
    const consented = scopeWords(grant.getResourceScope(api));
    return registered.filter((scope) => consented.includes(scope));
  };
}

/** The same words, whatever it is instead. */
function notAlive(name: string): errors.InvalidRequest {
  return new errors.InvalidRequest(
    `${name} is not a valid access token that this client may exchange`,
  );
}
