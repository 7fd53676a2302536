/**
 * The scope of an authorization or device request, settled before anything is decided by it: what the request names, as
 * far as the client is registered for it, and where it names nothing, the client's default (RFC 6749 section 3.3). So
 * nobody signs in for a request that can lead to nothing.
 */
import type { Client } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { scopeWords } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';
import { withApisByIdentifier } from './named_apis.ts';
import { checkScopeSyntax } from './scope_syntax.ts';

type Request = { client: Client; params: Record<string, unknown> };

/** Replaces `params.scope`, and `params.resource` by identifiers. Throws InvalidScope where nothing remains. */
export type SettleScope = (request: Request) => void;

export function createScopeSettlement({
  apis,
  scopes,
}: {
  apis: Pick<ApiRegistry, 'find' | 'definesScope' | 'canonical'>;
  scopes: Pick<PersonScopes, 'names'>;
}): SettleScope {
  const isKnown = (name: string) => scopes.names.includes(name) || apis.definesScope(name);

  const registered = ({ allowed_scope, scope }: Client) => scopeWords(allowed_scope ?? scope);

  /** With several APIs to choose from and none named, only what is about the person. */
  const byDefault = ({ client, params }: Request): string[] => {
    const own = scopeWords(client.default_scope);
    if (own.length > 0) return own;
    if (client.allowed_scope === undefined) return ['openid'];
    const registeredApis = client.apis as string[];
    const named = [params.resource ?? (registeredApis.length === 1 ? registeredApis : [])].flat();
    const ofApis = named.flatMap((api) => Object.keys(apis.find(String(api))?.scopes ?? {}));
    return registered(client).filter(
      (name) => name !== 'offline_access' && (scopes.names.includes(name) || ofApis.includes(name)),
    );
  };

  return (request) => {
    const { client, params } = request;
    const { scope } = params;
    params.resource = withApisByIdentifier(params, apis).resource;
    checkScopeSyntax(scope);
    const own = registered(client);
    const named = [...new Set(scopeWords(scope))];
    const isKept = (name: string) =>
      client.profile === 'fapi2' || own.includes(name) || !isKnown(name);
    const asked = named.length > 0 ? named.filter(isKept) : byDefault(request);
    if (!asked.some(isKnown)) {
      throw new errors.InvalidScope(
        named.length > 0
          ? 'the client is registered for none of the requested scopes'
          : 'scope is missing, and the client has no default',
        String(scope ?? ''),
      );
    }
    params.scope = asked.join(' ');
  };
}
