/**
 * Tokens bound to a TLS client certificate: RFC 8705 section 3.
 */
import { X509Certificate } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { sha256 } from '../sha256.ts';

/** Throws Refusal unless the certificate is the one that the token's `x5t#S256` names. */
export function checkCertificate(certificate: unknown, thumbprint: string): void {
  const der = derOf(certificate);
  if (!der) throw new Refusal('certificate_missing');
  if (sha256(der) !== thumbprint) throw new Refusal('certificate_mismatch');
}

function derOf(certificate: unknown): Uint8Array | undefined {
  if (certificate instanceof Uint8Array) return certificate;
  if (typeof certificate === 'string') return fromPem(certificate);
  const raw = (certificate as { raw?: unknown } | null | undefined)?.raw;
  return raw instanceof Uint8Array ? raw : undefined;
}

function fromPem(pem: string): Uint8Array {
  try {
    return new X509Certificate(pem).raw;
  } catch (cause) {
    throw new Refusal('certificate_mismatch', cause);
  }
}
