/**
 * A provider as the configuration and its preset make it.
 */
import type { IdentityProviderConfig } from '../config/schema/identity_providers.ts';
import { appleClientSecret } from './apple_client_secret.ts';
import type { ClaimsMapping } from './claims_mapping.ts';
import { type Claims, type ProviderPreset, presets } from './presets.ts';

export type IdentityProvider = {
  id: string;
  /** On its button. */
  name: string;
  protocol: ProviderPreset['protocol'];
  issuer: string;
  clientId: string;
  /** Undefined: it is a public client there. `now`: milliseconds since the epoch. */
  secretAt(now: number): Promise<string | undefined>;
  scope: string;
  responseMode: ProviderPreset['responseMode'];
  domains: readonly string[];
  newPeople: IdentityProviderConfig['new_people'];
  mapping: ClaimsMapping;
  trust: IdentityProviderConfig['trust'];
  /** Whether an `iss` other than `issuer` is one of its own. */
  isIssuerOf: (issuer: string, claims: Claims) => boolean;
  /** See ProviderPreset. */
  claimsBeside: (parameters: URLSearchParams) => Claims;
  /** Whether the address in these claims counts as verified here. */
  vouchesForEmail: (claims: Claims) => boolean;
};

export function identityProvider(config: IdentityProviderConfig): IdentityProvider {
  const { id, mapping, trust, domains } = config;
  const preset: Partial<ProviderPreset> = config.preset ? presets[config.preset] : {};
  const issuer = config.issuer ?? preset.issuer ?? '';
  const vouches = preset.vouchesForEmail ?? (({ email_verified: is }) => is === true);
  return {
    ...{ id, issuer, mapping, trust, domains },
    name: config.name ?? preset.name ?? id,
    protocol: preset.protocol ?? 'openid_connect',
    clientId: config.client_id,
    secretAt: secretOf(config),
    scope: config.scope ?? preset.scope ?? 'openid profile email',
    responseMode: preset.responseMode,
    newPeople: config.new_people,
    isIssuerOf: preset.isIssuerOf ?? ((of) => of === issuer),
    claimsBeside: preset.claimsBeside ?? (() => ({})),
    vouchesForEmail: (claims) => trust.email && vouches(claims),
  };
}

function secretOf({
  apple_key: key,
  client_id: clientId,
  client_secret: secret,
}: IdentityProviderConfig): IdentityProvider['secretAt'] {
  if (!key) return async () => secret;
  const { team_id: teamId, key_id: keyId, private_key: privateKey } = key;
  return (now) => appleClientSecret({ teamId, keyId, privateKey }, clientId, now);
}

/** Where the provider sends people back to. */
export function callbackUri(issuer: string, id: string): string {
  return `${issuer.replace(/\/$/, '')}/sign-in-with/${id}/callback`;
}
