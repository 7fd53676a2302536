/**
 * The direct way: plain requests of programs, answered by value on Node's own request and response. It does for them
 * what Koa's layers do for all others, with the same functions: id, address, record, deadline, errors, headers. What
 * is not plain, or what the handler leaves alone, goes to Koa with its body read.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressResolver } from '../../net/client_address.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Answer } from '../answer.ts';
import type { WithinDeadline } from '../deadline.ts';
import {
  createErrorRecorder,
  errorAnswer,
  type NoteRefusal,
  representationHeaders,
} from '../error_answers.ts';
import { toPublicError } from '../public_error.ts';
import { chooseRequestId, type RecordRequest } from '../request_record.ts';
import type { RequestState } from '../request_state.ts';
import { isPlain } from './admission.ts';
import { DirectRequest } from './direct_request.ts';
import type { DirectRoute, FindDirect } from './find_direct.ts';
import { send } from './send.ts';

export type DirectWayOptions = {
  findDirect: FindDirect;
  resolveAddress: AddressResolver;
  recordRequest: RecordRequest;
  withinDeadline: WithinDeadline;
  log: Pick<Log, 'debug' | 'isDebug' | 'warn' | 'error'>;
  noteRefusal: NoteRefusal;
};

/** `others`: answers every request that does not take the direct way. */
export function createDirectWay(
  { findDirect, resolveAddress, recordRequest, withinDeadline, log, noteRefusal }: DirectWayOptions,
  others: RequestListener,
): RequestListener {
  const { record, explain } = createErrorRecorder(log, noteRefusal);

  const begin = (
    req: IncomingMessage,
    res: ServerResponse,
    { match }: DirectRoute,
    querystring: string,
  ): DirectRequest => {
    const address = resolveAddress(req.socket.remoteAddress, req.headers);
    const offered = req.headers['x-request-id'];
    const requestId = chooseRequestId(String(offered ?? ''), address.viaTrustedProxy);
    const state: RequestState = { requestId, address, match, logFields: {} };
    return new DirectRequest(req, res, { state, querystring });
  };

  const answerOf = async (
    request: DirectRequest,
    { handler }: DirectRoute,
  ): Promise<Answer | undefined> => {
    const { req, state } = request;
    try {
      const answer = await withinDeadline({ req, state }, handler(request));
      if (answer && state.refusal) await explain(state, answer.status);
      return answer;
    } catch (thrown) {
      const error = toPublicError(thrown);
      record(state, thrown, error);
      for (const name of representationHeaders) delete request.headers?.[name];
      return errorAnswer(error, state);
    }
  };

  const serve = async (request: DirectRequest, direct: DirectRoute, startedAt: number) => {
    const { req, res, state, method } = request;
    const forget = recordRequest(res, { state, method, startedAt });
    try {
      const answer = await answerOf(request, direct);
      if (!answer) {
        forget();
        return others(req, res);
      }
      const own = { ...request.headers, ...answer.headers, 'x-request-id': state.requestId };
      send(res, answer, own, direct.prepared);
    } catch (error) {
      // Half of an answer may be out: only a broken connection can say that it is not whole.
      log.error({ err: error, request_id: state.requestId }, 'response failed');
      res.destroy();
    }
  };

  return function takeDirectWay(req, res) {
    const startedAt = performance.now();
    const url = req.url ?? '';
    const end = url.indexOf('?');
    const direct = findDirect(end < 0 ? url : url.slice(0, end), req.method);
    // The guards of such a route look at the query alone.
    const isQueryTaken = end < 0 || direct?.route.guards.length === 0;
    if (!direct || !isQueryTaken || !isPlain(req, direct.route.bodyLimit)) return others(req, res);
    const querystring = end < 0 ? '' : url.slice(end + 1);
    void serve(begin(req, res, direct, querystring), direct, startedAt);
  };
}
