/**
 * What a mail says, block by block, before it is HTML and text. Names and devices come from strangers: they are shortened,
 * and nothing in them becomes a link, as mail programs make one of whatever looks like an address.
 */
import type { Locale } from '../../definitions/locales.ts';
import { day, minute } from '../../definitions/units.ts';
import type { Circumstances } from '../../mail/room.ts';
import { displayText } from '../display_text.ts';
import { webHostOf } from '../safe_data.ts';
import { instantText, lasting, type MailTexts } from '../texts.ts';

export type MailBlock =
  /** With `values` in place of `{name}`; `quiet`: less important. */
  | { kind: 'text'; text: string; quiet?: boolean }
  | { kind: 'button'; label: string; url: string }
  | { kind: 'code'; code: string }
  | { kind: 'facts'; rows: { label: string; value: string }[] };

export type MailWords = {
  subject: string;
  blocks: MailBlock[];
  /** What the texts are filled with. */
  values: Record<string, string>;
};

/** What the words of a mail depend on beside its data. */
export type MailContext = {
  t: MailTexts;
  locale: Locale;
  /** The operator's. */
  name: string;
  /** Milliseconds since the epoch. */
  now: number;
};

export function text(words: string): MailBlock {
  return { kind: 'text', text: words };
}

export function quiet(words: string): MailBlock {
  return { kind: 'text', text: words, quiet: true };
}

/** Throws for what is no http(s) URL. */
export function button(label: string, url: string): MailBlock {
  if (webHostOf(url) === undefined) throw new TypeError('a mail links to http(s) URLs only');
  return { kind: 'button', label, url };
}

/** The button, the code, and how long both work. */
export function linkBlocks(
  label: string,
  { url, code, expiresAt }: { url: string; code?: string | undefined; expiresAt: number },
  { t, locale, now }: MailContext,
): { blocks: MailBlock[]; values: Record<string, string> } {
  const { common } = t;
  const seconds = Math.max(minute, Math.round((expiresAt - now) / 1000 / minute) * minute);
  const isLong = seconds >= day;
  const works = code === undefined ? common.works_once : common.works_once_with_code;
  return {
    blocks: [
      button(label, url),
      ...(code === undefined ? [] : [text(common.code), { kind: 'code', code } as const]),
      quiet(isLong ? common.works_until : works),
    ],
    values: { time: isLong ? instantText(locale, expiresAt) : lasting(locale, seconds) },
  };
}

/** When, with what and from where, and what else there is to tell. */
export function facts(
  { at, device, address }: Circumstances,
  { t, locale }: Pick<MailContext, 't' | 'locale'>,
  more: { label: string; value: string | undefined }[] = [],
): MailBlock {
  const rows = [
    ...more,
    { label: t.common.at, value: instantText(locale, at) },
    { label: t.common.device, value: device && plain(device) },
    { label: t.common.address, value: address && plain(address) },
  ];
  return {
    kind: 'facts',
    rows: rows.flatMap(({ label, value }) => (value ? [{ label, value }] : [])),
  };
}

/** A text of strangers that no mail program takes for an address or a link. */
export function plain(words: string): string {
  return displayText(words, 80)
    .replace(/:\/\/|[@\\]/g, ' ')
    .replace(/[.\u3002\uff0e\uff61](?=[^\s\p{P}\d])/gu, ' ');
}
