/**
 * Mails that nobody waits for: the time of a response must not tell whether one is sent. Neither must the time of the next
 * one, which comes at once where a page leads on: writing and keeping a mail takes as long as a page. So they begin at a
 * moment of chance, those of a second together, in their order.
 */
import { randomInt } from 'node:crypto';
import type { MailTemplate } from './mail_data.ts';
import type { Mail, OutgoingMail } from './outbox.ts';

export type BackgroundMails = {
  send<T extends MailTemplate>(mail: OutgoingMail<T>): void;
  /** Begins at once those that wait. Resolves when all are accepted. */
  settled(): Promise<void>;
};

/** From the first of those that begin together: longer than the next page takes. */
const delayMs = { least: 200, most: 1000 };

export function createBackgroundMails({
  mail,
  log,
}: {
  mail: Pick<Mail, 'send'>;
  log: { error(fields: object, message: string): void };
}): BackgroundMails {
  let waiting: (() => Promise<void>)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending = Promise.resolve();

  const begin = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = waiting;
    waiting = [];
    sending = all.reduce((before, send) => before.then(send), sending);
  };

  return {
    send(outgoing) {
      waiting.push(async () => {
        await mail.send(outgoing).catch((err) => {
          log.error({ err, template: outgoing.template }, 'a mail could not be kept');
        });
      });
      timer ??= setTimeout(begin, randomInt(delayMs.least, delayMs.most));
    },

    async settled() {
      begin();
      await sending;
    },
  };
}
