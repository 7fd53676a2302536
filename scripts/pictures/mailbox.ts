/**
 * A mail server on this machine, for what the demonstration sends: it takes everything and forwards nothing.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export type Mailbox = {
  /** The section `mail` of the declarative file. */
  mail: object;
  /** Resolves to the link of the next mail that nobody has read. */
  nextLink(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function openMailbox(): Promise<Mailbox> {
  const links: string[] = [];
  const smtp = new SMTPServer({
    ...{
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      logger: false,
      closeTimeout: 1,
    },
    onData(stream, _session, callback) {
      const take = async (raw: string) => {
        const mail = await PostalMime.parse(raw);
        const link = /^\S+\?token=[\w-]+$/m.exec(mail.text ?? '')?.[0];
        if (link) links.push(link);
        smtp.emit('mail');
        callback();
      };
      text(stream).then(take).catch(callback);
    },
  });
  const listener = smtp.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    mail: { from: 'id@localhost.example', smtp: { url: `smtp://127.0.0.1:${port}` } },
    async nextLink() {
      for (;;) {
        const link = links.shift();
        if (link) return link;
        await once(smtp, 'mail');
      }
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
}
