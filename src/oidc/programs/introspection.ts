/**
 * The introspection endpoint (RFC 7662): whether a token, or an API key, is active, for whom it concerns. An API that
 * asks about a token which comes of an API key uses the key.
 */
import type { Client } from 'oidc-provider';
import type { ApiKeysRoom } from '../../api_keys/room.ts';
import type { ApiRegistry } from '../../apis/room.ts';
import { CardeaError } from '../../errors.ts';
import { type HandledRequest, type Handler, jsonAnswer } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import { parseAddress } from '../../net/networks.ts';
import type { ArePrincipalsActive } from '../../tokens/room.ts';
import type { Refusals } from '../endpoints/refusals.ts';
import type { Parameters } from '../engine/program_context.ts';
import { askedToken, tokenParameters } from './asked_token.ts';
import type { FindPresentedToken, PresentedToken } from './presented_tokens.ts';
import type { ProgramRequest, ProgramRequests } from './program_requests.ts';

export function createIntrospection({
  programs,
  find,
  apiKeys,
  apis,
  arePrincipalsActive,
  refusals,
}: {
  programs: ProgramRequests;
  find: FindPresentedToken;
  apiKeys: Pick<ApiKeysRoom, 'introspectKey' | 'introspectToken'>;
  apis: Pick<ApiRegistry, 'byClientId'>;
  arePrincipalsActive: ArePrincipalsActive;
  refusals: Pick<Refusals, 'ofToken'>;
}): Handler {
  const isOfApi = (client: Client, { audiences }: PresentedToken) =>
    apis.byClientId(client.clientId).some(({ identifier }) => audiences.includes(identifier));

  /**
   * RFC 7662 section 4: the client that a token belongs to, and the client that is an API it was issued for. Nobody sees
   * a token of a client or a user that was disabled or deleted: a request that was under way may have got it after the
   * client's or the user's tokens were revoked. A refusal looks like a token that does not exist.
   */
  const maySee = async (client: Client, token: PresentedToken, asOf: number): Promise<boolean> => {
    if (token.clientId !== client.clientId && !isOfApi(client, token)) return false;
    return arePrincipalsActive(token.principals, asOf);
  };

  const describe = async (
    { ctx, client, asOf }: ProgramRequest,
    { token, hint }: ReturnType<typeof askedToken>,
    ip: string | undefined,
  ): Promise<Description> => {
    const found = await find(ctx.oidc.provider, { token, hint, asOf });
    const use = { ip, asOf };
    const isSeen = found && (await found.isActive()) && (await maySee(client, found, asOf));
    if (!isSeen) {
      return (await apiKeys.introspectKey(client.clientId, token, use)) ?? { body: inactive };
    }
    const ofKey = await apiKeys.introspectToken(client.clientId, found, use);
    return { headers: ofKey?.headers, body: ofKey?.body ?? (await found.claims()) };
  };

  const answer = (request: HandledRequest, parameters: Parameters) => {
    const endpoint = { route: 'introspection', body: parameters, names: tokenParameters } as const;
    return programs.answer(request, endpoint, async (asking) => {
      const asked = askedToken(asking);
      // A client that cannot prove who it is sees nothing.
      const isKnown = asking.client.clientAuthMethod !== 'none';
      const { body, headers } = isKnown
        ? await describe(asking, asked, addressIn(parameters))
        : { body: inactive };
      if (body.active === false) {
        requestState(request).refusal = async () => ({
          outcome: 'inactive',
          ...(await refusals.ofToken(asking.ctx as never)),
        });
      }
      return jsonAnswer(200, body, headers);
    });
  };

  return (request) =>
    programs.receive(request, 'introspection', (parameters) => answer(request, parameters));
}

/** What is answered: members, and headers where an API key is behind them. */
type Description = {
  body: { active?: unknown };
  headers?: Record<string, string> | undefined;
};

const inactive = { active: false };

/** `ip`: the address that uses what is introspected, as the API says. Throws CardeaError 400. */
function addressIn({ ip }: { ip?: unknown }): string | undefined {
  if (ip === undefined || ip === '') return undefined;
  if (typeof ip === 'string' && parseAddress(ip)) return ip;
  throw new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'ip must be an IPv4 or IPv6 address, given once',
  });
}
