/**
 * The token endpoint for programs that act for themselves or on: the grants of this table. A request for any other
 * grant is left to the protocol engine.
 */
import type { Audit } from '../../audit/room.ts';
import { fingerprint } from '../../digests.ts';
import { type Answer, type HandledRequest, type Handler, jsonAnswer } from '../../http/answer.ts';
import { readBytes } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { IssuedAccessToken } from '../../tokens/room.ts';
import type { Parameters } from '../engine/program_context.ts';
import { makeUnread } from '../engine/unread_body.ts';
import type { ProgramRequests } from './program_requests.ts';

/** What a grant led to: the answer's members, and what is on record of it. */
export type Issued = {
  token: Pick<IssuedAccessToken, 'jti'>;
  clientId?: string | undefined;
  userId?: string | undefined;
  /** Beside `grant_type`, `scope`, `audience` and `token`. */
  details?: Record<string, string>;
  scope: string | undefined;
  audience: string;
  body: Record<string, unknown>;
};

/** Answers a token request of one grant type. `issued`: makes the answer, and the records, of a success. */
export type ProgramGrant = (
  request: HandledRequest,
  body: Parameters,
  issued: (what: Issued) => Promise<Answer>,
) => Promise<Answer>;

export function createTokenEndpoint({
  programs,
  grants,
  audit,
  metrics,
}: {
  programs: ProgramRequests;
  grants: Readonly<Record<string, ProgramGrant>>;
  audit: Pick<Audit, 'recordSoon'>;
  metrics: Pick<Metrics, 'countToken'>;
}): Handler {
  const known = new Map(Object.entries(grants));

  const recordAndAnswer = async (
    request: HandledRequest,
    grantType: string,
    issued: Issued,
  ): Promise<Answer> => {
    const { requestId, address, over } = requestState(request);
    // It took too long and was answered so: nobody gets the token.
    if (over) throw new Error('the token came after its answer');
    metrics.countToken({ grantType, clientKind: 'confidential' });
    // Issuing is routine and does not wait for a disk that keeps up.
    await audit.recordSoon({
      ...{ type: 'token.issued', outcome: 'success' },
      ...{ clientId: issued.clientId, userId: issued.userId, requestId, ip: address.ip },
      details: {
        ...{ grant_type: grantType, ...issued.details },
        ...{ scope: issued.scope, audience: issued.audience },
        token: fingerprint(issued.token.jti),
      },
    });
    return jsonAnswer(200, issued.body);
  };

  return (request) =>
    programs.receive(request, 'token', async (body) => {
      const { grant_type: grantType } = body;
      const grant = typeof grantType === 'string' ? known.get(grantType) : undefined;
      if (grant && typeof grantType === 'string') {
        return grant(request, body, (issued) => recordAndAnswer(request, grantType, issued));
      }
      makeUnread(request.req, await readBytes(request));
      return undefined;
    });
}
