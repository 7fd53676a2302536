/**
 * What a browser is called by its user agent. Whoever has the browser can have it say anything: it is a hint for people,
 * and nothing is decided by it.
 */
import Bowser from 'bowser';
import type { AccountSession } from '../../pages/account_data.ts';
import { fill } from '../../pages/texts.ts';
import type { AccountRequest } from '../page.ts';

export type Device = Pick<AccountSession, 'device' | 'kind'>;

const kinds: Readonly<Record<string, AccountSession['kind']>> = {
  desktop: 'desktop',
  mobile: 'phone',
  tablet: 'tablet',
};

/** Names that people know better than those of the systems: an iPhone is called so on its box. */
const appliances = new Set(['iPhone', 'iPad']);

export function deviceNamed(
  userAgent: string | undefined,
  { sessions: t }: Pick<AccountRequest['t'], 'sessions'>,
): Device {
  const { browser, os, platform } = Bowser.parse(userAgent || '-');
  const kind = kinds[platform.type ?? ''] ?? 'unknown';
  const model = appliances.has(platform.model ?? '') ? platform.model : undefined;
  const system = model ?? os.name;
  if (!browser.name) return { device: t.unknown_device, kind };
  const device = system ? fill(t.device, { browser: browser.name, system }) : browser.name;
  return { device, kind };
}
