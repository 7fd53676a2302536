/**
 * Tokens that are bound to a key (RFC 7800 `cnf`): who presents one must prove that it has the key, by DPoP
 * (RFC 9449) or by its TLS client certificate (RFC 8705). A binding that is not understood is refused.
 */
import { Refusal } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Presented } from '../requests/presented.ts';
import { checkCertificate } from './certificate.ts';
import { checkProof } from './proof.ts';
import type { ReplayCache } from './replay_cache.ts';
import { acceptedTargets } from './target_uri.ts';

export type Binding = 'none' | 'dpop' | 'mtls' | 'dpop+mtls';

/** Throws Refusal. `input` is what `verify` was given. */
export async function checkBinding(
  cnf: unknown,
  presented: Presented,
  input: unknown,
  { settings, replays }: { settings: Settings; replays: ReplayCache },
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
  // Also a proof under the Bearer scheme is refused: the schemes are not to be mixed (RFC 9449 section 7.1).
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
