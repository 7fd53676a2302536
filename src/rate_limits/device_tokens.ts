/**
 * Device tokens: signed cookies for browsers that someone signed in with before. Owns their format and
 * signature. They give access to nothing; they only tell that a browser is not a stranger to an account.
 *
 * A cookie holds one token for each of the last few accounts. A token does not name its account: it is found
 * by checking which signature fits.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { lifetimes } from '../definitions/lifetimes.ts';
import { randomId } from '../digests.ts';

export type DeviceTokens = {
  /** The id of the device that this cookie proves for this account. Undefined: a stranger's. */
  deviceFor(account: string, cookie: string | undefined): string | undefined;
  /** The cookie after a sign-in: this account's token renewed, those of other accounts kept. */
  renew(account: string, cookie: string | undefined): string;
};

type DeviceToken = { text: string; device: string; expires: number; signature: Buffer };

/** People who share one browser. More would only make the cookie long. */
const maxAccounts = 4;
const tokenFormat = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/;

/** The first key signs, all verify. */
export function createDeviceTokens({
  keys,
  clock,
}: {
  keys: readonly [Buffer, ...Buffer[]];
  clock: Clock;
}): DeviceTokens {
  const sign = (key: Buffer, account: string, device: string, expires: number) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['device', device, expires, account]))
      .digest();

  const isFor = (account: string, { device, expires, signature }: DeviceToken) =>
    expires * 1000 > clock.now() &&
    keys.some((key) => timingSafeEqual(sign(key, account, device, expires), signature));

  return {
    deviceFor: (account, cookie) =>
      parseCookie(cookie).find((token) => isFor(account, token))?.device,

    renew(account, cookie) {
      const tokens = parseCookie(cookie);
      const own = tokens.find((token) => isFor(account, token));
      // A device keeps its id, so that signing in again does not reset its attempts.
      const device = own?.device ?? randomId(16);
      const expires = Math.floor(clock.now() / 1000) + lifetimes.deviceCookie;
      const signature = sign(keys[0], account, device, expires).toString('base64url');
      const others = tokens.filter((token) => token !== own).map((token) => token.text);
      return [`${device}.${expires}.${signature}`, ...others].slice(0, maxAccounts).join('~');
    },
  };
}

/** Accepts whatever a browser sends and ignores what is not a token. */
function parseCookie(cookie = ''): DeviceToken[] {
  const texts = cookie.length > 1000 ? [] : cookie.split('~', maxAccounts);
  return texts.flatMap((text) => {
    const [, device, expires, signature] = tokenFormat.exec(text) ?? [];
    if (!device || !expires || !signature) return [];
    return [
      { text, device, expires: Number(expires), signature: Buffer.from(signature, 'base64url') },
    ];
  });
}
