/**
 * The passkeys of a person, and what is true of their removal.
 */
import type { PasskeyRecord } from '../../../storage/authenticators.ts';
import { type AccountRequest, notThere } from '../../page.ts';

export const passkeysPath = '/ways/passkeys';

export function ownPasskeys({ owned }: Pick<AccountRequest, 'owned'>): readonly PasskeyRecord[] {
  return owned?.passkeys ?? [];
}

/** Throws `not_found` for anybody else's, too. */
export function ownPasskey(request: AccountRequest): PasskeyRecord {
  const { passkey_id: id } = request.params;
  const passkey = ownPasskeys(request).find((one) => one.id === id);
  if (!passkey) throw notThere();
  return passkey;
}

export function nameOfPasskey(
  { name }: Pick<PasskeyRecord, 'name'>,
  { way_passkeys: t }: AccountRequest['t'],
): string {
  return name || t.unnamed;
}

/** As authenticators and password managers show the person. */
export function ownerOf({ person: { id, username, claims } }: Pick<AccountRequest, 'person'>) {
  return { id, username, name: typeof claims.name === 'string' ? claims.name : undefined };
}

/** What the browser tells whoever keeps the person's passkeys; undefined where it has none for this issuer. */
export function passkeySignals(request: AccountRequest) {
  const { passkeys } = request.services;
  return passkeys.isPossible ? passkeys.signals(ownerOf(request), ownPasskeys(request)) : undefined;
}
