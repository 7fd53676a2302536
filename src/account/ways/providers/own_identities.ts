/**
 * The identities at providers that sign a person in, and what they are called.
 */
import type { AuthenticatorsRecord } from '../../../storage/authenticators.ts';
import { identityKey } from '../../../storage/authenticators.ts';
import { type AccountRequest, notThere } from '../../page.ts';

export const identitiesPath = '/ways/identities';
export const providersPath = '/ways/providers';

type Identity = AuthenticatorsRecord['identities'][number];

export function ownIdentities({ owned }: Pick<AccountRequest, 'owned'>): readonly Identity[] {
  return owned?.identities ?? [];
}

/** Throws `not_found` for anybody else's, too. */
export function ownIdentity(request: AccountRequest): Identity {
  const { identity: key } = request.params;
  const identity = ownIdentities(request).find((one) => identityKey(one) === key);
  if (!identity) throw notThere();
  return identity;
}

/** Of one that the operator has taken away there is only the id. */
export function nameOfProvider(
  { services }: Pick<AccountRequest, 'services'>,
  provider: string,
): string {
  return services.providers.signIns.find(provider)?.name ?? provider;
}

export function pathOfIdentity(identity: Identity): `/${string}` {
  return `${identitiesPath}/${encodeURIComponent(identityKey(identity))}`;
}
