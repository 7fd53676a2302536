/**
 * Times in the words of a language. They are in the time zone that the person has told (the claim `zoneinfo`), else in UTC,
 * and say which; where scripts run, the page turns them into that of the browser.
 */
import type { Locale } from '../definitions/locales.ts';
import { dayMs, hourMs, minuteMs } from '../definitions/units.ts';
import type { PageTime } from '../pages/account_data.ts';

/** Of instants in milliseconds since the epoch. */
export type Times = {
  /** `28 Sep 2031, 14:03 UTC` */
  moment(at: number): PageTime;
  /** `14:03:07 UTC` */
  clock(at: number): PageTime;
  /** `28 September 2031` */
  day(at: number): PageTime;
  /** `5 minutes ago`; within the last minute `just now`, in the words that were given. */
  ago(at: number): PageTime;
};

const spans = [
  ['day', dayMs],
  ['hour', hourMs],
  ['minute', minuteMs],
] as const;

export function createTimes({
  locale,
  zoneinfo,
  justNow,
  now,
}: {
  locale: Locale;
  zoneinfo: unknown;
  justNow: string;
  now: number;
}): Times {
  const timeZone = isTimeZone(zoneinfo) ? zoneinfo : 'UTC';
  const said = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { ...options, timeZone });
    return (at: number): PageTime => ({ at: new Date(at).toISOString(), text: format.format(at) });
  };
  const date = { year: 'numeric', month: 'short', day: 'numeric' } as const;
  const minute = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const zone = { timeZoneName: 'short' } as const;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

  return {
    moment: said({ ...date, ...minute, ...zone }),
    clock: said({ ...minute, second: '2-digit', ...zone }),
    day: said({ ...date, month: 'long' }),
    ago(at) {
      const past = Math.max(0, now - at);
      const [unit, size] = spans.find(([, length]) => past >= length) ?? [];
      const text = unit ? relative.format(-Math.floor(past / size), unit) : justNow;
      return { at: new Date(at).toISOString(), text };
    },
  };
}

export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
