/**
 * Sender-constrained tokens (RFC 7800 `cnf`): the caller must prove possession of the key, with DPoP (RFC 9449)
 * or its TLS client certificate (RFC 8705). Unknown kinds of binding are refused.
 */
import { Refusal } from '../errors.ts';
import type { VerifierSettings } from '../options.ts';
import type { Presented } from '../requests/presented.ts';
import { checkCertificate } from './certificate.ts';
import { checkProof } from './proof.ts';
import type { ReplayCache } from './replay_cache.ts';
import { acceptedTargets } from './target_uri.ts';

export type Binding = 'none' | 'dpop' | 'mtls' | 'dpop+mtls';

/** Throws Refusal. `input`: what `verify` was given. */
export async function checkBinding(
  cnf: unknown,
  presented: Presented,
  input: unknown,
  { settings, replays }: { settings: VerifierSettings; replays: ReplayCache },
): Promise<Binding> {
  if (typeof cnf !== 'object' || cnf === null) throw new Refusal('unsupported_binding');
  const { jkt, 'x5t#S256': thumbprint, ...others } = cnf as Record<string, unknown>;
  const isUnderstood =
    Object.keys(others).length === 0 &&
    (jkt !== undefined || thumbprint !== undefined) &&
    (jkt === undefined || (typeof jkt === 'string' && settings.dpop !== undefined)) &&
    (thumbprint === undefined || typeof thumbprint === 'string');
  if (!isUnderstood) throw new Refusal('unsupported_binding');

  if (typeof thumbprint === 'string') {
    const { clientCertificate } = settings;
    checkCertificate(
      clientCertificate ? clientCertificate(input) : presented.certificate(),
      thumbprint,
    );
  }
  if (typeof jkt !== 'string' || !settings.dpop) {
    if (presented.scheme === 'DPoP') throw new Refusal('token_not_bound');
    return 'mtls';
  }
  // A proof with the Bearer scheme is refused too: the schemes must not be mixed (RFC 9449 section 7.1).
  if (presented.scheme !== 'DPoP' || presented.proof === undefined) {
    throw new Refusal('proof_missing');
  }
  await checkProof(
    {
      proof: presented.proof,
      jkt,
      token: presented.token,
      method: presented.method,
      targets:
        presented.url === undefined ? [] : acceptedTargets(presented.url, settings.publicUrls),
      now: settings.clock.now() / 1000,
    },
    { options: settings.dpop, tolerance: settings.clockTolerance, replays },
  );
  return thumbprint === undefined ? 'dpop' : 'dpop+mtls';
}
