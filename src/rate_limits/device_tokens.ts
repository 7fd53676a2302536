/**
 * Device tokens: the signed memory of a browser that somebody signed in with before. Owns their format and
 * signature; they open nothing, they only say that whoever guesses here is no stranger to the account.
 *
 * A cookie holds one token for each of the last few accounts. A token names no account: it is only found by
 * trying whether its signature fits.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { lifetimes } from '../definitions/lifetimes.ts';
import { randomId } from '../digests.ts';

export type DeviceTokens = {
  /** The identifier of the device that this cookie proves for this account; undefined: a stranger's. */
  deviceFor(account: string, cookie: string | undefined): string | undefined;
  /** The cookie for after a sign-in: the account's token renewed, those of other accounts kept. */
  renew(account: string, cookie: string | undefined): string;
};

type Token = { text: string; device: string; expires: number; signature: Buffer };

/** People who share one browser; more only make the cookie long. */
const maxAccounts = 4;
const format = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/;

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

  const isFor = (account: string, { device, expires, signature }: Token) =>
    expires * 1000 > clock.now() &&
    keys.some((key) => timingSafeEqual(sign(key, account, device, expires), signature));

  return {
    deviceFor: (account, cookie) => parse(cookie).find((token) => isFor(account, token))?.device,

    renew(account, cookie) {
      const tokens = parse(cookie);
      const own = tokens.find((token) => isFor(account, token));
      // A device keeps its identifier: signing in again and again earns no fresh attempts.
      const device = own?.device ?? randomId(16);
      const expires = Math.floor(clock.now() / 1000) + lifetimes.deviceCookie;
      const signature = sign(keys[0], account, device, expires).toString('base64url');
      const others = tokens.filter((token) => token !== own).map((token) => token.text);
      return [`${device}.${expires}.${signature}`, ...others].slice(0, maxAccounts).join('~');
    },
  };
}

/** Whatever a browser sends; what is no token is passed over. */
function parse(cookie = ''): Token[] {
  const texts = cookie.length > 1000 ? [] : cookie.split('~', maxAccounts);
  return texts.flatMap((text) => {
    const [, device, expires, signature] = format.exec(text) ?? [];
    if (!device || !expires || !signature) return [];
    return [
      { text, device, expires: Number(expires), signature: Buffer.from(signature, 'base64url') },
    ];
  });
}
