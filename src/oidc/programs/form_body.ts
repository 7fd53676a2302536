/**
 * The parameters that a program sends, as the protocol engine reads them: a form, or nothing.
 */
import { parse } from 'node:querystring';
import { CardeaError } from '../../errors.ts';
import type { HandledRequest } from '../../http/answer.ts';
import { readBytes } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import { errors } from '../engine/library.ts';
import type { Parameters } from '../engine/program_context.ts';

const formType = 'application/x-www-form-urlencoded';
/** Bytes, as at the engine's own endpoints. */
const longestForm = 56 * 1024;

/** A parameter that was sent twice is a list. Throws the library's InvalidRequest, and CardeaError 400. */
export async function readParameters(request: HandledRequest): Promise<Parameters> {
  const { headers } = request.req;
  const type = headers['content-type'];
  if (!type) return {};
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'];
  if (!hasBody || !isForm(type)) {
    const { path } = requestState(request).match;
    throw new errors.InvalidRequest(
      `only ${formType} content-type bodies are supported on ${request.method} ${path}`,
    );
  }
  const bytes = await readBytes(request).catch(asTooLong);
  if (bytes.length > longestForm) throw tooLong();
  return parse(bytes.toString());
}

/** A length that was declared has been refused by now; where there was none, it is told as the engine tells it. */
function asTooLong(error: unknown): never {
  throw error instanceof CardeaError && error.status === 413 ? tooLong() : error;
}

function tooLong(): Error {
  return new errors.InvalidRequest('failed to parse the request body', undefined, {
    cause: new Error('request entity too large'),
  });
}

function isForm(type: string): boolean {
  return type === formType || type.split(';', 1)[0]?.trim().toLowerCase() === formType;
}
