/**
 * DPoP proofs at what Cardea serves itself beside the protocol (RFC 9449 section 7), verified and spent as at userinfo.
 */
import { CardeaError } from '../../errors.ts';
import type { HandledRequest } from '../../http/answer.ts';
import { errors } from '../engine/library.ts';
import { dpopProof, inContext, spendProof } from '../engine/library_parts.ts';
import { ProgramContext } from '../engine/program_context.ts';
import type { ProviderHost } from '../engine/provider_host.ts';

/** An access token that is bound to a key. */
export type BoundToken = {
  value: string;
  clientId: string;
  /** The thumbprint of the key (RFC 7638). */
  boundTo: string;
};

/**
 * Returns where the request carries a proof of the token's key that nobody has used. Throws CardeaError
 * `invalid_dpop_proof`, and `use_dpop_nonce` with the nonce among the headers of the response (401).
 */
export type RequireProof = (request: HandledRequest, token: BoundToken) => Promise<void>;

export function createRequireProof({
  host,
  issuer,
}: {
  host: Pick<ProviderHost, 'current'>;
  issuer: string;
}): RequireProof {
  const { origin } = new URL(issuer);
  return async (request, { value, clientId, boundTo }) => {
    const ctx = new ProgramContext(host.current(), request, {
      ...{ route: 'userinfo', body: {}, params: {} },
    });
    const [path = ''] = (request.req.url ?? '').split('?', 1);
    // What the client has called, not what the library would serve.
    ctx.oidc.urlFor = () => origin + path;
    await inContext(ctx, async () => {
      try {
        const proof = await dpopProof(ctx, value);
        if (!proof) throw new errors.InvalidDpopProof('`DPoP` header not provided');
        if (proof.thumbprint !== boundTo)
          throw new errors.InvalidDpopProof('failed jkt verification');
        await spendProof(ctx, proof, clientId);
      } catch (error) {
        throw refusalOf(error);
      }
    });
  };
}

function refusalOf(error: unknown): unknown {
  const isNonce = error instanceof errors.UseDpopNonce;
  if (!isNonce && !(error instanceof errors.InvalidDpopProof)) return error;
  return new CardeaError({
    code: isNonce ? 'use_dpop_nonce' : 'invalid_dpop_proof',
    status: 401,
    message: isNonce
      ? 'The DPoP proof needs the nonce of the header DPoP-Nonce (RFC 9449 section 9).'
      : 'The DPoP proof is missing, not for this request and token, or was used before (RFC 9449 section 4.3).',
    cause: error,
  });
}
