/**
 * The ways to a token, from the request to the token endpoint's answer, as a preview goes them: by the same code as real
 * requests, and without anybody who sends them.
 */
import type { Provider } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { acrOf } from '../../definitions/authentication.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { randomId, sha256 } from '../../digests.ts';
import { jsonAnswer } from '../../http/answer.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Log } from '../../telemetry/log.ts';
import { onlyRun } from '../../telemetry/tracing/spans.ts';
import type { AccessTokenIssuer, ArePrincipalsActive } from '../../tokens/room.ts';
import type { TokenAnswer } from '../engine/library_parts.ts';
import { authorize } from '../engine/previewed_parts.ts';
import { startSession } from '../engine/private_members.ts';
import type { Parameters } from '../engine/program_context.ts';
import { withApisByIdentifier } from '../grants/named_apis.ts';
import { createClientCredentials } from '../programs/client_credentials.ts';
import { createRedemptions } from '../programs/redemptions.ts';
import type { ProgramGrant } from '../programs/token_endpoint.ts';
import { createOpaqueClientTokens } from '../records/opaque_client_tokens.ts';
import { createSettlement } from '../records/settlement.ts';
import { assumeConsent } from './assumed_consent.ts';
import type { PreviewedRequests } from './previewed_requests.ts';

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

/** `refused`: the scopes that the person has refused earlier. */
export type PreviewedAnswer = { answer: TokenAnswer; refused: string[] };

export type FlowDependencies = {
  /** Signs nothing, and keeps nothing. */
  provider: Provider;
  /** Keeps nothing. */
  artifacts: ArtifactStore;
  tokenIssuer: AccessTokenIssuer;
  apis: ApiRegistry;
  scopes: PersonScopes;
  arePrincipalsActive: ArePrincipalsActive;
  /** The last revocation that is sure to be seen. */
  asOf: number;
  log: Log;
  clock: Clock;
};

/** Both throw the library's errors. */
export function createPreviewedFlows(
  { provider, artifacts, apis, scopes, asOf, clock, ...dependencies }: FlowDependencies,
  requests: PreviewedRequests,
): {
  clientCredentials(request: PreviewRequest): Promise<PreviewedAnswer>;
  authorizationCode(request: PreviewRequest, userId: string): Promise<PreviewedAnswer>;
} {
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

  const grantToService = createClientCredentials({
    ...{ apis, programs: requests.programs, issuer: dependencies.tokenIssuer },
    opaque: createOpaqueClientTokens({ artifacts, clock }),
    arePrincipalsActive: dependencies.arePrincipalsActive,
  });
  const { authorization_code: grantForCode } = createRedemptions({
    programs: requests.programs,
    settlement: createSettlement({ artifacts, log: dependencies.log }),
    // Nothing is signed, so no signature dies.
    signatures: { watch: () => async (answer) => answer },
    paceDevice: (_code, poll) => poll(),
    step: onlyRun,
  });

  const clientCredentials = async ({ clientId, api, scopes: asked }: PreviewRequest) => {
    const scope = asked.length > 0 ? asked.join(' ') : undefined;
    return {
      refused: [],
      answer: await redeem(grantToService, {
        ...{ grant_type: 'client_credentials', client_id: clientId, scope, resource: api },
      }),
    };
  };

  const authorizationCode = async (request: PreviewRequest, userId: string) => {
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
        ...{ acr: acrOf('password'), amr: ['pwd'] },
      });
      const code = await authorize(ctx, async () => {
        refused = await assumeConsent(ctx, { apis, scopes });
      });
      await saveSession(lifetimes.session);
      return code;
    });
    const answer = await redeem(grantForCode, {
      ...{ grant_type: 'authorization_code', client_id: request.clientId, code: issued },
      ...{ code_verifier: verifier, redirect_uri: redirectUri },
    });
    return { refused, answer };
  };

  return { clientCredentials, authorizationCode };
}
