/**
 * The authenticator apps of a person, and whether the person may be without any second factor.
 */
import { hasSecondFactor } from '../../../authentication/room.ts';
import { isStrongEnough } from '../../../definitions/authentication.ts';
import type { TotpRecord } from '../../../storage/authenticators.ts';
import { type AccountRequest, notThere } from '../../page.ts';

export const appsPath = '/ways/authenticator-app';

/** As the operator's policy has it for this person at every app. */
export function mustHaveSecondFactor({
  person,
  services,
}: Pick<AccountRequest, 'person' | 'services'>): boolean {
  return isStrongEnough(services.requiredLevel(person.roles), 'mfa');
}

export function ownApps({ owned }: Pick<AccountRequest, 'owned'>): readonly TotpRecord[] {
  return owned?.totps ?? [];
}

/** Throws `not_found` for anybody else's, too. */
export function ownApp(id: string | null | undefined, request: AccountRequest): TotpRecord {
  const app = ownApps(request).find((totp) => totp.id === id);
  if (!app) throw notThere();
  return app;
}

/** Whether there is no second factor without it. */
export function isLastSecondFactor({ id }: TotpRecord, { owned }: AccountRequest): boolean {
  const totps = owned?.totps.filter((totp) => totp.id !== id) ?? [];
  return !hasSecondFactor({ totps, passkeys: owned?.passkeys ?? [] });
}

export function nameOfApp(
  { name }: TotpRecord,
  { way_authenticator_app: t }: AccountRequest['t'],
): string {
  return name || t.unnamed;
}
