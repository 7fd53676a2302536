/**
 * The parameters of requests about a token, at introspection (RFC 7662 section 2.1) and revocation (RFC 7009 section
 * 2.1).
 */
import { errors } from '../engine/library.ts';
import { rejectRepeated } from '../engine/library_parts.ts';
import type { ProgramRequest } from './program_requests.ts';

export const tokenParameters = ['token', 'token_type_hint'];

/** Throws the library's InvalidRequest where the token is missing, or a parameter was sent twice. */
export function askedToken({ ctx, params }: ProgramRequest): { token: string; hint: unknown } {
  rejectRepeated(ctx);
  const { token, token_type_hint: hint } = params;
  if (typeof token === 'string') return { token, hint };
  throw new errors.InvalidRequest("missing required parameter 'token'");
}
