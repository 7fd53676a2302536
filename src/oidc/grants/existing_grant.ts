/**
 * A person's consent is remembered per client, across sign-ins: one grant for a user at a client. First-party
 * clients (`consent: skip`) are granted what they ask for without a question.
 */
import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import { claimsByTheirScope } from './claim_requests.ts';

export function createExistingGrants({
  artifacts,
  scopes,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'findGrant'>;
  scopes: Pick<PersonScopes, 'scopeOf'>;
  clock: Clock;
}) {
  const remembered = async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { provider, client, account, result } = ctx.oidc;
    if (!client || !account) return undefined;
    const decided = result?.consent?.grantId;
    if (decided) return provider.Grant.find(decided);
    const { accountId } = account;
    const artifact = await artifacts.findGrant(accountId, client.clientId, clock.now());
    return artifact && provider.Grant.find(artifact.id);
  };

  return async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
    const grant = await remembered(ctx);
    const { provider, client, account } = ctx.oidc;
    if (client?.consent !== 'skip' || !account) return grant;
    const own =
      grant ??
      new provider.Grant({
        accountId: account.accountId,
        clientId: client.clientId,
      });
    if (grantEverythingAsked(ctx, own, scopes)) await own.save();
    return own;
  };
}

/** Adds to the grant what the request asks for; false when it was all there. */
function grantEverythingAsked(
  ctx: KoaContextWithOIDC,
  grant: Grant,
  ofPeople: Pick<PersonScopes, 'scopeOf'>,
): boolean {
  const {
    client,
    requestParamOIDCScopes,
    requestParamClaims,
    requestParamScopes,
    resourceServers,
  } = ctx.oidc;
  const before = JSON.stringify([grant.openid, grant.resources, grant.rejected]);
  // Here the operator decides, also where the person refused before the client was first-party.
  grant.rejected = undefined;
  if (requestParamOIDCScopes.size > 0) grant.addOIDCScope([...requestParamOIDCScopes].join(' '));
  const allowed = client?.scope?.split(' ') ?? [];
  for (const [scope, claims] of claimsByTheirScope(requestParamClaims, ofPeople)) {
    if (allowed.includes(scope)) grant.addOIDCClaims(claims);
    else grant.rejectOIDCClaims(claims);
  }
  for (const [identifier, server] of Object.entries(resourceServers ?? {})) {
    const scopes = [...requestParamScopes].filter((scope) => server.scopes.has(scope));
    if (scopes.length > 0) grant.addResourceScope(identifier, scopes.join(' '));
  }
  return JSON.stringify([grant.openid, grant.resources, grant.rejected]) !== before;
}
