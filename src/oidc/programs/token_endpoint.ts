/**
 * The token endpoint (RFC 6749 section 3.2): which grant is asked for, and what is on record of an answer.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { Audit } from '../../audit/room.ts';
import { fingerprint } from '../../digests.ts';
import { type Answer, type HandledRequest, type Handler, jsonAnswer } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { IssuedAccessToken } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';
import { rejectRepeated } from '../engine/library_parts.ts';
import type { Parameters } from '../engine/program_context.ts';
import { withApisByIdentifier } from '../grants/named_apis.ts';
import type { ProgramRequests } from './program_requests.ts';

/** What a grant led to: the answer's members, and what is on record of it. */
export type Issued = {
  /** Absent: `token.issued`. */
  type?: 'token.issued' | 'token.refreshed';
  /** Absent: `confidential`. */
  clientKind?: 'public' | 'confidential';
  token: Pick<IssuedAccessToken, 'jti'>;
  /** Fingerprint of the refresh token that comes with it. */
  refreshToken?: string;
  clientId?: string | undefined;
  userId?: string | undefined;
  /** Beside `grant_type`, `scope`, `audience` and `token`. */
  details?: Record<string, string>;
  scope: string | undefined;
  /** Absent: userinfo alone. */
  audience: string | undefined;
  /** The answer's members; a function is asked last, when everything is on record. */
  body: object | (() => Promise<object>);
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
  apis,
  audit,
  metrics,
  noteUse,
}: {
  programs: ProgramRequests;
  grants: Readonly<Record<string, ProgramGrant>>;
  apis: Pick<ApiRegistry, 'canonical'>;
  audit: Pick<Audit, 'recordSoon'>;
  metrics: Pick<Metrics, 'countToken'>;
  /** Called with the id of a client that proves nothing, and has got a token. */
  noteUse: (clientId: string) => void;
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
    const { clientId, clientKind = 'confidential' } = issued;
    metrics.countToken({ grantType, clientKind });
    if (clientId !== undefined && clientKind === 'public') noteUse(clientId);
    // Issuing is routine and does not wait for a disk that keeps up.
    await audit.recordSoon({
      ...{ type: issued.type ?? 'token.issued', outcome: 'success' },
      ...{ clientId, userId: issued.userId, requestId, ip: address.ip },
      details: {
        ...{ grant_type: grantType, ...issued.details },
        ...{ scope: issued.scope, audience: issued.audience },
        token: fingerprint(issued.token.jti),
        ...(issued.refreshToken && { refresh_token: issued.refreshToken }),
      },
    });
    const { body } = issued;
    return jsonAnswer(200, typeof body === 'function' ? await body() : body);
  };

  /** No grant of ours. Told to a client that has proved who it is, and to no other. */
  const refuse = (request: HandledRequest, body: Parameters): Promise<Answer> =>
    programs.answer(request, { route: 'token', body, names: ['grant_type'] }, async (asking) => {
      rejectRepeated(asking.ctx);
      if (asking.params.grant_type === undefined) {
        throw new errors.InvalidRequest("missing required parameter 'grant_type'");
      }
      throw new errors.UnsupportedGrantType();
    });

  return (request) =>
    programs.receive(request, 'token', async (received) => {
      const body = withApisByIdentifier(received, apis);
      const { grant_type: grantType } = body;
      const grant = typeof grantType === 'string' ? known.get(grantType) : undefined;
      if (grant && typeof grantType === 'string') {
        return grant(request, body, (issued) => recordAndAnswer(request, grantType, issued));
      }
      return refuse(request, body);
    });
}
