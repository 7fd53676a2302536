/**
 * The parameters that a program sends, as the protocol engine reads them: a form, or nothing.
 */
import { parse } from 'node:querystring';
import { MIMEType } from 'node:util';
import type { HandledRequest } from '../../http/answer.ts';
import { readBytes } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import { errors } from '../engine/library.ts';
import type { Parameters } from '../engine/program_context.ts';

const formType = 'application/x-www-form-urlencoded';

/** A parameter that was sent twice is a list. Throws the library's InvalidRequest, and CardeaError 400 or 413. */
export async function readParameters(request: HandledRequest): Promise<Parameters> {
  const type = request.req.headers['content-type'];
  const bytes = await readBytes(request);
  if (type === formType) return parse(bytes.toString());
  if (!type) return {};
  try {
    const { essence, params } = new MIMEType(type);
    if (essence !== formType) throw otherType(request);
    return parse(new TextDecoder(params.get('charset') ?? 'utf-8').decode(bytes));
  } catch (cause) {
    if (cause instanceof errors.InvalidRequest) throw cause;
    throw new errors.InvalidRequest('failed to parse the request body', undefined, { cause });
  }
}

function otherType(request: HandledRequest): Error {
  const { path } = requestState(request).match;
  return new errors.InvalidRequest(
    `only ${formType} content-type bodies are supported on ${request.method} ${path}`,
  );
}
