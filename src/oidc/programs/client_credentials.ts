/**
 * The client credentials grant (RFC 6749 section 4.4): a service gets a token for one API, with scopes that the API
 * defines and the service is registered for.
 */
import type { Client } from 'oidc-provider';
import type { Api, ApiRegistry } from '../../apis/room.ts';
import { type AccessTokenIssuer, type ArePrincipalsActive, scopeWords } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';
import { boundKey, dpopProof, rejectRepeated } from '../engine/library_parts.ts';
import { notRegistered } from '../grants/resources.ts';
import { checkScopeSyntax } from '../grants/scope_syntax.ts';
import type { OpaqueClientTokens } from '../records/opaque_client_tokens.ts';
import type { ProgramRequest, ProgramRequests } from './program_requests.ts';
import type { ProgramGrant } from './token_endpoint.ts';

const names = ['grant_type', 'scope', 'resource'];
/** Which is told more precisely where it is several. */
const repeatable = new Set(['resource']);

export function createClientCredentials({
  programs,
  issuer,
  opaque,
  apis,
  arePrincipalsActive,
}: {
  programs: ProgramRequests;
  issuer: AccessTokenIssuer;
  opaque: OpaqueClientTokens;
  apis: Pick<ApiRegistry, 'find'>;
  arePrincipalsActive: ArePrincipalsActive;
}): ProgramGrant {
  const issue = async (
    { ctx, client, asOf }: ProgramRequest,
    { api, scopes }: { api: Api; scopes: readonly string[] },
    proof: Awaited<ReturnType<typeof dpopProof>>,
  ) => {
    const { clientId } = client;
    const boundTo = await boundKey(ctx, proof);
    const token = { clientId, api, scopes, boundTo };
    if (api.format === 'opaque') return { ...(await opaque.issue({ ...token, asOf })), boundTo };
    const known = { asOf, isStillActive: () => arePrincipalsActive({ clientId }) };
    return { ...(await issuer.issueToClient({ ...token, known })), boundTo };
  };

  return (request, body, issued) =>
    programs.answer(request, { route: 'token', body, names }, async (authenticated) => {
      const { ctx, client, params } = authenticated;
      client.grantTypeAllowed('client_credentials');
      rejectRepeated(ctx, repeatable);
      const { scope: asked, resource } = params;
      checkScopeSyntax(asked);
      const proof = await dpopProof(ctx);
      const api = apiFor(client, resource, apis);
      const scopes = scopesFor(client, api, asked);
      const { token, jti, expiresIn, boundTo } = await issue(authenticated, { api, scopes }, proof);
      const scope = scopes.join(' ') || undefined;
      return issued({
        token: { jti },
        ...{ clientId: client.clientId, scope, audience: api.identifier },
        body: {
          access_token: token,
          expires_in: expiresIn,
          token_type: boundTo === undefined ? 'Bearer' : 'DPoP',
          scope,
        },
      });
    });
}

/** The one that the request names, or the only one that the client is registered for (RFC 8707 section 2). */
function apiFor(client: Client, resource: unknown, apis: Pick<ApiRegistry, 'find'>): Api {
  const own = client.apis as string[];
  const named = [resource ?? (own.length === 1 ? own : notNamed(own))].flat() as string[];
  const [identifier = '', ...others] = named;
  checkIndicator(identifier);
  const api = apis.find(identifier);
  if (!api || !own.includes(identifier)) throw notRegistered(identifier);
  if (others.length > 0) throw new errors.InvalidTarget('a token is for one API');
  return api;
}

function checkIndicator(identifier: string): void {
  const href = URL.parse(identifier)?.href;
  if (!href) throw new errors.InvalidTarget('resource indicator must be an absolute URI');
  if (href.includes('#')) {
    throw new errors.InvalidTarget('resource indicator must not contain a fragment component');
  }
}

function notNamed(own: readonly string[]): never {
  throw new errors.InvalidTarget(
    own.length === 0
      ? 'the client is not registered for any API'
      : 'resource must name one of the APIs that the client is registered for',
  );
}

/** Without `scope`, all that the client is registered for (RFC 6749 section 3.3). */
function scopesFor(client: Client, api: Api, asked: string | undefined): string[] {
  const registered = scopeWords(client.allowed_scope);
  const allowed = Object.keys(api.scopes).filter((scope) => registered.includes(scope));
  if (asked === undefined) return allowed;
  const scopes = [...new Set(scopeWords(asked))];
  const refused = scopes.find((scope) => !allowed.includes(scope));
  if (refused === undefined) return scopes;
  throw new errors.InvalidScope('requested scope is not allowed', refused);
}
