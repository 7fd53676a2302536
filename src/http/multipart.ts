/**
 * Forms with files (multipart/form-data, RFC 7578), for routes that take them.
 */
import { CardeaError } from '../errors.ts';
import { maxFields, readBytes, readForm } from './request_body.ts';

/**
 * As readForm(), and also a form with files: each is in the field of its name as base64. A field of files in which none
 * was chosen is not there. Throws CardeaError 400, 413 or 415.
 */
export async function readFormWithFiles(
  request: Parameters<typeof readForm>[0],
): Promise<URLSearchParams> {
  const type = request.req.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(type)) return readForm(request);
  const entries = [...(await parsed(await readBytes(request), type))];
  if (entries.length > maxFields) throw malformed('The form has too many fields.');
  const fields = await Promise.all(
    entries.map(async ([name, value]): Promise<[string, string][]> => {
      if (typeof value === 'string') return [[name, value]];
      if (value.size === 0) return [];
      return [[name, Buffer.from(await value.arrayBuffer()).toString('base64')]];
    }),
  );
  return new URLSearchParams(fields.flat());
}

/** By the platform's own parser. The body was bounded when it was read. */
async function parsed(body: Buffer, type: string): Promise<FormData> {
  try {
    const bytes = new Uint8Array(body);
    return await new Response(bytes, { headers: { 'content-type': type } }).formData();
  } catch (cause) {
    throw malformed('The request body is no form.', cause);
  }
}

function malformed(message: string, cause?: unknown): CardeaError {
  return new CardeaError({ status: 400, code: 'invalid_request', message, cause });
}
