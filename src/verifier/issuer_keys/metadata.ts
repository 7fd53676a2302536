/** The issuer's own description (OpenID Connect Discovery 4): where its keys are and how it signs. */
import type { Settings } from '../options.ts';
import type { Http } from '../requests/issuer_requests.ts';

export type IssuerMetadata = {
  jwksUri: string;
  /** What tokens and lists may be signed with: what the issuer names and the settings allow. */
  algorithms: ReadonlySet<string>;
};

const maxBytes = 262_144;

/** Throws: unreachable, or not a usable description of exactly this issuer. */
export async function readIssuerMetadata(
  http: Http,
  { issuer, algorithms: allowed, timeoutMs }: Settings,
): Promise<IssuerMetadata> {
  const answer = await http.get(`${issuer}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
    timeoutMs,
    maxBytes,
  });
  if (answer.status !== 200) throw new Error(`discovery answered ${answer.status}`);
  const document: unknown = JSON.parse(new TextDecoder().decode(answer.body));
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
