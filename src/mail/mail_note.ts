/**
 * What is kept of a mail beside its contents, and after them: what lists and logs show. No address in full, no link.
 */

import { z } from 'zod';
import { type Locale, locales } from '../definitions/locales.ts';

/** `waiting`: not tried yet. `deferred`: the last attempt failed, and there is another. `dropped`: given up. */
export const mailStates = ['waiting', 'deferred', 'sent', 'dropped'] as const;
export type MailState = (typeof mailStates)[number];

const note = z.object({
  state: z.enum(mailStates),
  template: z.string(),
  locale: z.enum(locales),
  /** Masked. */
  to: z.string(),
  userId: z.string().optional(),
  /** From then on it is of no use (ms). */
  until: z.number(),
  /** What the server said at last. */
  words: z.string().optional(),
  /** When that was (ms). */
  at: z.number().optional(),
});

export type MailNote = {
  state: MailState;
  template: string;
  locale: Locale;
  to: string;
  userId?: string | undefined;
  until: number;
  words?: string | undefined;
  at?: number | undefined;
};

export function writeNote(given: MailNote): string {
  return JSON.stringify(given);
}

/** Throws for what writeNote has not written. */
export function readNote(text: string): MailNote {
  return note.parse(JSON.parse(text));
}
