/**
 * The revocation endpoint (RFC 7009): a client gives up a token of its own, and what ends with it ends by one kill
 * switch. The answer says whether something was revoked, and by when the last verifier knows. An API key is given up
 * by the client that is its API.
 */
import type { ApiKeysRoom } from '../../api_keys/room.ts';
import { type AuditContext, asClient } from '../../audit/room.ts';
import { fingerprint } from '../../digests.ts';
import { type HandledRequest, type Handler, jsonAnswer } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import type { KillSwitches } from '../../tokens/room.ts';
import type { Refusals } from '../endpoints/refusals.ts';
import type { Parameters } from '../engine/program_context.ts';
import { askedToken, tokenParameters } from './asked_token.ts';
import type { FindPresentedToken } from './presented_tokens.ts';
import type { ProgramRequest, ProgramRequests } from './program_requests.ts';

export function createRevocation({
  programs,
  find,
  apiKeys,
  killSwitches,
  refusals,
  effectiveWithin,
}: {
  programs: ProgramRequests;
  find: FindPresentedToken;
  apiKeys: Pick<ApiKeysRoom, 'revoke'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  refusals: Pick<Refusals, 'ofToken'>;
  /** Seconds; said of whatever was not revoked now: it may have been, a moment ago. */
  effectiveWithin: number;
}): Handler {
  /** Seconds in which all verifiers have heard of it; undefined: nothing was revoked. */
  const revoke = async (
    { ctx, client, asOf }: ProgramRequest,
    asked: ReturnType<typeof askedToken>,
    by: AuditContext,
  ): Promise<number | undefined> => {
    const { clientId } = client;
    const found = await find(ctx.oidc.provider, { ...asked, asOf });
    // RFC 7009 section 2.1: its own only, public clients included.
    const ending = found?.clientId === clientId ? await found.ending() : undefined;
    if (!found || !ending) {
      const isKnown = client.clientAuthMethod !== 'none';
      return isKnown ? apiKeys.revoke(clientId, asked.token, by) : undefined;
    }
    const outcome = await killSwitches.throwSwitch(ending.target, {
      ...{ type: 'token.revoked', clientId, userId: found.userId, ...by },
      details: { kind: found.kind, token: fingerprint(ending.name) },
    });
    return outcome.effectiveWithin;
  };

  const answer = (request: HandledRequest, body: Parameters) => {
    const endpoint = { route: 'revocation', body, names: tokenParameters } as const;
    return programs.answer(request, endpoint, async (asking) => {
      const asked = askedToken(asking);
      const { requestId, address } = requestState(request);
      const actor = asClient(asking.client.clientId);
      const within = await revoke(asking, asked, { actor, requestId, ip: address.ip });
      if (within === undefined) {
        requestState(request).refusal = async () => ({
          outcome: 'not_revoked',
          ...(await refusals.ofToken(asking.ctx as never)),
        });
      }
      // RFC 7009 section 2.2: 200 in either case; clients that expect no body ignore it.
      return jsonAnswer(200, {
        revoked: within !== undefined,
        effective_within: within ?? effectiveWithin,
      });
    });
  };

  return (request) => programs.receive(request, 'revocation', (body) => answer(request, body));
}
