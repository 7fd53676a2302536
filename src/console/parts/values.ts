/**
 * Values as lists and object pages show them. views/console/parts/value.eta writes each kind; a value that is not there
 * is a dash, never a made-up zero.
 */
import { displayText } from '../../pages/display_text.ts';

export type Value =
  | { as: 'text'; text: string; muted?: boolean }
  /** For machines: an identifier, an address. `copy`: with a button that copies it. */
  | { as: 'code'; text: string; copy?: boolean }
  /** RFC 3339. */
  | { as: 'time'; at: string }
  | { as: 'status'; text: string; tone: 'good' | 'warning' | 'bad' | 'quiet' }
  /** `prose`: in the type of sentences, for what is no identifier. */
  | { as: 'tags'; tags: readonly string[]; prose?: boolean }
  /** Below `/console`. */
  | { as: 'link'; text: string; href: string }
  | { as: 'nothing' };

/** Longer texts are cut where they stand in a row or a heading. */
const longestInline = 200;

const nothing: Value = { as: 'nothing' };

export const show = {
  nothing,
  text: (text: unknown, { muted = false } = {}): Value =>
    isGiven(text) ? { as: 'text', text: displayText(String(text), longestInline), muted } : nothing,
  code: (text: unknown, { copy = false } = {}): Value =>
    isGiven(text) ? { as: 'code', text: String(text), copy } : nothing,
  time: (at: unknown): Value => (isGiven(at) ? { as: 'time', at: String(at) } : nothing),
  status: (text: string, tone: 'good' | 'warning' | 'bad' | 'quiet'): Value => ({
    ...{ as: 'status', text, tone },
  }),
  tags: (tags: readonly unknown[] | undefined, { prose = false } = {}): Value =>
    tags && tags.length > 0
      ? { as: 'tags', tags: tags.map((tag) => displayText(String(tag), longestInline)), prose }
      : nothing,
  link: (text: string, href: string): Value => ({
    ...{ as: 'link', text: displayText(text, longestInline), href },
  }),
};

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
