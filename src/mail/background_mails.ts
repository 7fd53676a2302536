/**
 * Mails that nobody waits for: the time of an answer must not tell whether one is sent.
 */
import type { MailTemplate } from './mail_data.ts';
import type { Mail, OutgoingMail } from './outbox.ts';

export type BackgroundMails = {
  send<T extends MailTemplate>(mail: OutgoingMail<T>): void;
  /** Resolves when those that were begun are accepted. */
  settled(): Promise<void>;
};

export function createBackgroundMails({
  mail,
  log,
}: {
  mail: Pick<Mail, 'send'>;
  log: { error(fields: object, message: string): void };
}): BackgroundMails {
  const sending = new Set<Promise<void>>();
  return {
    send(outgoing) {
      const done = mail.send(outgoing).then(
        () => {},
        (err) => log.error({ err, template: outgoing.template }, 'a mail could not be kept'),
      );
      sending.add(done);
      done.finally(() => sending.delete(done));
    },

    async settled() {
      while (sending.size > 0) await Promise.all(sending);
    },
  };
}
