/**
 * What people find in their mail: links and codes.
 */
import { domainToASCII } from 'node:url';
import { type MailServer, readMail } from './mail_server.ts';

type ReadMail = {
  subject: string;
  text: string;
  /** The first address in it that begins with the issuer and has a token. */
  link: string | undefined;
  code: string | undefined;
};

export type Mailbox = {
  /** All that this address was sent so far. */
  of(address: string): Promise<ReadMail[]>;
  /** Called before a mail is asked for; what it answers resolves to the next mail. */
  next(address: string): Promise<() => Promise<ReadMail>>;
  /** The next with a link. */
  nextLink(address: string): Promise<() => Promise<{ link: string }>>;
  /** The next with a link and a code beside it. */
  nextProof(address: string): Promise<() => Promise<{ link: string; code: string }>>;
};

export function createMailbox(smtp: MailServer): Mailbox {
  const of: Mailbox['of'] = async (address) => {
    const mails = smtp.received.filter(({ to }) => to.map(inAscii).includes(inAscii(address)));
    return Promise.all(
      mails.map(async (mail) => {
        const { subject = '', text = '' } = await readMail(mail);
        const link = /^\S+\?token=[\w-]+$/m.exec(text)?.[0];
        const code = /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(text)?.[0];
        return { subject, text, link, code };
      }),
    );
  };

  const nextOf = async <T>(address: string, read: (mail: ReadMail) => T[]) => {
    const all = async () => (await of(address)).flatMap(read);
    const known = (await all()).length;
    return async () => {
      for (;;) {
        const count = smtp.received.length;
        const mail = (await all())[known];
        if (mail) return mail;
        await smtp.receives(count + 1);
      }
    };
  };

  return {
    of,
    next: (address) => nextOf(address, (mail) => [mail]),
    nextLink: (address) => nextOf(address, ({ link }) => (link ? [{ link }] : [])),
    nextProof: (address) =>
      nextOf(address, ({ link, code }) => (link && code ? [{ link, code }] : [])),
  };
}

/** A domain may be written with its own letters, or in ASCII. */
function inAscii(address: string): string {
  const [local, domain = ''] = address.split('@');
  return `${local}@${domainToASCII(domain)}`;
}
