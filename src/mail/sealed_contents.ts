/**
 * The contents of a mail while it waits: sealed, as there are links in it that sign people in. A stolen store opens none.
 */
import type { Secrets } from '../secrets/room.ts';

export type MailContents = { to: string; subject: string; html: string; text: string };

export type SealedContents = {
  seal(contents: MailContents): string;
  /** Throws CardeaError `cannot_unseal`. */
  open(sealed: string): MailContents;
};

const purpose = 'mail';

export function createSealedContents(secrets: Pick<Secrets, 'seal' | 'open'>): SealedContents {
  return {
    seal: (contents) => secrets.seal(purpose, JSON.stringify(contents)),
    open: (sealed) => JSON.parse(secrets.open(purpose, sealed).toString()) as MailContents,
  };
}
