/**
 * What programs ask: tokens, introspection and revocation. The shortest way: the client authenticates, the answer is
 * decided and signed, and the library's routes are not asked.
 */
import type { ApiKeysRoom, KeyExchange } from '../../api_keys/room.ts';
import type { ApiRegistry } from '../../apis/room.ts';
import type { Audit } from '../../audit/room.ts';
import type { ClientUsesRecorder } from '../../clients/room.ts';
import type { Clock } from '../../clock.ts';
import { tokenExchange } from '../../definitions/oauth.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Step } from '../../telemetry/tracing/spans.ts';
import type {
  AccessTokenIssuer,
  AccessTokenReader,
  ArePrincipalsActive,
  KillSwitches,
  Revocations,
} from '../../tokens/room.ts';
import type { ClientBounds } from '../clients/client_bounds.ts';
import type { PairwiseSubjects } from '../clients/pairwise.ts';
import type { ProgramEndpoints } from '../endpoints/endpoints.ts';
import type { LivingSignatures } from '../endpoints/living_signatures.ts';
import type { Refusals } from '../endpoints/refusals.ts';
import type { ClaimsForApi } from '../grants/api_claims.ts';
import type { PaceDevice } from '../grants/device_polling.ts';
import { createOpaqueClientTokens } from '../records/opaque_client_tokens.ts';
import type { Settlement } from '../records/settlement.ts';
import { createApiKeyExchange } from './api_key_exchange.ts';
import { createClientCredentials } from './client_credentials.ts';
import { apiKeyType } from './exchange_request.ts';
import { createIntrospection } from './introspection.ts';
import { createPresentedTokens } from './presented_tokens.ts';
import type { ProgramRequests } from './program_requests.ts';
import { createRedemptions } from './redemptions.ts';
import { createRevocation } from './revocation.ts';
import { createTokenEndpoint, type ProgramGrant } from './token_endpoint.ts';
import { createTokenExchange } from './token_exchange.ts';

export function createProgramEndpoints(dependencies: {
  issuer: string;
  programs: ProgramRequests;
  settlement: Pick<Settlement, 'settle'>;
  signatures: Pick<LivingSignatures, 'watch'>;
  artifacts: ArtifactStore;
  revocations: Revocations;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  accessTokens: AccessTokenReader;
  tokenIssuer: AccessTokenIssuer;
  arePrincipalsActive: ArePrincipalsActive;
  apiKeys: Pick<ApiKeysRoom, 'introspectKey' | 'introspectToken' | 'revoke'>;
  keyExchange: Pick<KeyExchange, 'exchange'>;
  apis: ApiRegistry;
  bounds: Pick<ClientBounds, 'narrow'>;
  paceDevice: PaceDevice;
  pairwise: PairwiseSubjects;
  claimsForApi: ClaimsForApi;
  refusals: Refusals;
  audit: Pick<Audit, 'recordSoon'>;
  metrics: Pick<Metrics, 'countToken'>;
  clientUses: Pick<ClientUsesRecorder, 'note'>;
  effectiveWithin: number;
  step: Step;
  clock: Clock;
}): ProgramEndpoints {
  const { artifacts, clock, tokenIssuer: issuer } = dependencies;
  const find = createPresentedTokens({ ...dependencies, reader: dependencies.accessTokens });
  const opaque = createOpaqueClientTokens({ artifacts, clock });
  const exchangeToken = createTokenExchange({ ...dependencies, issuer });
  const exchangeKey = createApiKeyExchange(dependencies);
  const exchange: ProgramGrant = (request, body, answer) =>
    (body.subject_token_type === apiKeyType ? exchangeKey : exchangeToken)(request, body, answer);

  return {
    token: createTokenEndpoint({
      ...dependencies,
      noteUse: dependencies.clientUses.note,
      grants: {
        client_credentials: createClientCredentials({ ...dependencies, issuer, opaque }),
        [tokenExchange]: exchange,
        ...createRedemptions(dependencies),
      },
    }),
    introspection: createIntrospection({ ...dependencies, find }),
    revocation: createRevocation({ ...dependencies, find }),
  };
}
