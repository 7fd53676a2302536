/**
 * The exchange of an API key at the token endpoint (RFC 8693). The key is its own authentication; whoever says
 * nevertheless which client it is must prove it.
 */
import type { KeyExchange } from '../../api_keys/room.ts';
import type { HandledRequest } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import { ownAddress } from '../../net/client_address.ts';
import { rejectRepeated } from '../engine/library_parts.ts';
import type { Parameters } from '../engine/program_context.ts';
import { checkScopeSyntax } from '../grants/scope_syntax.ts';
import { exchangeAnswer, exchangeParameters, parseExchange } from './exchange_request.ts';
import type { ProgramRequests } from './program_requests.ts';
import type { Issued, ProgramGrant } from './token_endpoint.ts';

const names = ['grant_type', ...exchangeParameters];
const clientParameters = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
];

export function createApiKeyExchange({
  programs,
  keyExchange,
}: {
  programs: ProgramRequests;
  keyExchange: Pick<KeyExchange, 'exchange'>;
}): ProgramGrant {
  /** Throws CardeaError. */
  const exchange = async (request: HandledRequest, body: Parameters): Promise<Issued> => {
    const { subjectToken: key, target, scopes: asked } = parseExchange(body);
    const ip = ownAddress(requestState(request).address);
    const { issued, record, scopes } = await keyExchange.exchange({
      ...{ key, target, scopes: asked, ip },
    });
    return {
      token: issued,
      userId: record.userId,
      details: { api_key: record.id },
      ...{ scope: scopes.join(' '), audience: record.api },
      body: exchangeAnswer(issued, scopes),
    };
  };

  return async (request, body, answer) => {
    const serve = async () => answer(await exchange(request, body));
    const endpoint = { route: 'token', body, names } as const;
    if (!namesClient(request, body)) return programs.answerAnybody(request, endpoint, serve);
    return programs.answer(request, endpoint, async ({ ctx }) => {
      rejectRepeated(ctx);
      checkScopeSyntax(ctx.oidc.params.scope);
      return serve();
    });
  };
}

function namesClient(request: HandledRequest, body: Parameters): boolean {
  return clientParameters.some((name) => body[name]) || request.get('Authorization') !== '';
}
