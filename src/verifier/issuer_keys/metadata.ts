/**
 * The issuer's metadata (OpenID Connect Discovery section 4): where its keys are and how it signs.
 */
import type { VerifierSettings } from '../options.ts';
import type { IssuerHttp } from '../requests/issuer_requests.ts';

export type IssuerMetadata = {
  jwksUri: string;
  /** The algorithms for tokens and lists: those the issuer names and the options allow. */
  algorithms: ReadonlySet<string>;
};

const maxMetadataBytes = 262_144;

/** Throws if the issuer cannot be reached, or the document is not usable metadata of exactly this issuer. */
export async function readIssuerMetadata(
  http: IssuerHttp,
  { issuer, algorithms: allowed, timeoutMs }: VerifierSettings,
): Promise<IssuerMetadata> {
  const response = await http.get(`${issuer}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
    timeoutMs,
    maxBytes: maxMetadataBytes,
  });
  if (response.status !== 200) throw new Error(`discovery answered ${response.status}`);
  const document: unknown = JSON.parse(new TextDecoder().decode(response.body));
  if (typeof document !== 'object' || document === null) throw new Error('discovery is no object');
  const {
    issuer: named,
    jwks_uri: jwksUri,
    id_token_signing_alg_values_supported: supported,
  } = document as Record<string, unknown>;
  // Section 4.3: otherwise one issuer could speak for another.
  if (named !== issuer) throw new Error('discovery is of another issuer');
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) throw new Error('no jwks_uri');
  if (new URL(jwksUri).origin !== new URL(issuer).origin) {
    throw new Error('jwks_uri is on another origin');
  }
  const algorithms = new Set(
    (Array.isArray(supported) ? supported : []).filter((alg) => allowed.includes(alg)),
  );
  if (algorithms.size === 0) throw new Error('no signature algorithm that is allowed');
  return { jwksUri, algorithms };
}
