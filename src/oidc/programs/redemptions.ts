/**
 * The grants that a person is part of: an app redeems a code, a refresh token, or the code of a device. What comes of
 * it is decided by the library's own handler of the grant, run without its routes.
 */
import { deviceGrant } from '../../definitions/oauth.ts';
import { fingerprint } from '../../digests.ts';
import type { Answer } from '../../http/answer.ts';
import type { Step } from '../../telemetry/tracing/spans.ts';
import { scopeWords } from '../../tokens/room.ts';
import type { LivingSignatures } from '../endpoints/living_signatures.ts';
import { issueTokens, rejectRepeated } from '../engine/library_parts.ts';
import type { ProgramContext } from '../engine/program_context.ts';
import type { PaceDevice } from '../grants/device_polling.ts';
import { checkScopeSyntax } from '../grants/scope_syntax.ts';
import { gatherWrites } from '../records/gathered_writes.ts';
import type { Settlement } from '../records/settlement.ts';
import type { ProgramRequest, ProgramRequests } from './program_requests.ts';
import type { Issued, ProgramGrant } from './token_endpoint.ts';

/** What each is asked with, beside its client. */
const parameters = {
  authorization_code: ['code', 'code_verifier', 'redirect_uri', 'resource'],
  refresh_token: ['refresh_token', 'scope', 'resource'],
  [deviceGrant]: ['device_code', 'resource'],
} as const;

/** Which is told more precisely where it is several. */
const repeatable = new Set(['resource']);

export function createRedemptions({
  programs,
  settlement,
  signatures,
  paceDevice,
  step,
}: {
  programs: ProgramRequests;
  settlement: Pick<Settlement, 'settle'>;
  signatures: Pick<LivingSignatures, 'watch'>;
  paceDevice: PaceDevice;
  step: Step;
}): Record<keyof typeof parameters, ProgramGrant> {
  const redeem = async (
    grantType: string,
    { ctx, client, params }: ProgramRequest,
    issued: (what: Issued) => Promise<Answer>,
  ): Promise<Answer> => {
    client.grantTypeAllowed(grantType);
    rejectRepeated(ctx, repeatable);
    checkScopeSyntax(params.scope);
    // The library knows single blanks only.
    if (params.scope !== undefined) params.scope = scopeWords(params.scope).join(' ') || undefined;
    const issue = () => step('engine', () => gatherWrites(() => issueTokens(ctx)));
    const { device_code: deviceCode } = params;
    return settlement.settle(ctx, async () => {
      const keepAlive = signatures.watch(ctx);
      const tokens = await (grantType === deviceGrant
        ? paceDevice(String(deviceCode), issue)
        : issue());
      return issued({ ...outcomeOf(ctx, grantType), body: () => keepAlive(tokens) });
    });
  };

  const grant =
    (grantType: keyof typeof parameters): ProgramGrant =>
    (request, body, issued) => {
      const names = ['grant_type', ...parameters[grantType]];
      return programs.answer(request, { route: 'token', body, names }, (authenticated) =>
        redeem(grantType, authenticated, issued),
      );
    };

  return {
    authorization_code: grant('authorization_code'),
    refresh_token: grant('refresh_token'),
    [deviceGrant]: grant(deviceGrant),
  };
}

function outcomeOf({ oidc }: ProgramContext, grantType: string): Omit<Issued, 'body'> {
  const { AccessToken: token, RefreshToken } = oidc.entities;
  const refreshToken = RefreshToken?.jti;
  return {
    type: grantType === 'refresh_token' ? 'token.refreshed' : 'token.issued',
    clientKind: oidc.client?.clientAuthMethod === 'none' ? 'public' : 'confidential',
    ...{ clientId: oidc.client?.clientId, userId: token?.accountId },
    ...{ scope: token?.scope, audience: token?.aud as string | undefined },
    token: { jti: String(token?.jti) },
    ...(refreshToken && { refreshToken: fingerprint(refreshToken) }),
  };
}
