/**
 * Previews of tokens: the protocol's own code, composed once more for each, over a store that takes no writes and with
 * tokens that nobody can use.
 */
import { createTokenPreview, createUnsignedTokens, type PreviewTokens } from '../oidc/room.ts';
import { createDryStore } from '../storage/operation/dry_store.ts';
import { createEndpoints, type Pairwise } from './endpoints.ts';
import type { Made } from './made.ts';
import { createServices } from './services.ts';
import type { Start } from './start.ts';

export function createServerPreviews(
  start: Start,
  made: Omit<Made, 'inspector'>,
  pairwise: Pairwise,
): PreviewTokens {
  const { config, clock, log } = start;
  const { issuer } = config;
  const { tokens, keys } = made;
  const unsigned = () =>
    createUnsignedTokens({ issuer, keys: tokens.keys, bounds: tokens.bounds, clock });

  return async (request) => {
    await using closing = new AsyncDisposableStack();
    const store = createDryStore(start.services.store, () => {});
    const services = createServices({ config, store, clock, log });
    closing.defer(() => services.close());
    await services.ready();
    const own = { ...tokens, ...unsigned() };
    const oidc = await createEndpoints({ ...start, services }, { ...made, tokens: own }, pairwise);
    closing.defer(async () => oidc.close());
    const preview = createTokenPreview({
      ...{ issuer, pairwise, clock, log },
      ...{ apis: services.apis, scopes: services.scopes, artifacts: store.artifacts },
      provider: oidc.provider(),
      tokenIssuer: own.issuer,
      accessTokens: own.accessTokens,
      arePrincipalsActive: keys.arePrincipalsActive,
      asOf: await tokens.followSigningKeys(),
    });
    return await preview(request);
  };
}
