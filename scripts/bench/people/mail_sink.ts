/**
 * A mail server that reads what it is sent: the links and codes in it, by address.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export type MailSink = {
  port: number;
  /** The link of the last mail with one to this address; waits for the first. */
  linkFor(address: string): Promise<string>;
  close(): Promise<void>;
};

export async function startMailSink(): Promise<MailSink> {
  const links = new Map<string, string>();
  const waiting = new Map<string, (link: string) => void>();
  const smtp = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'], logger: false },
    onData(stream, session, callback) {
      const read = async () => {
        const { text: body = '' } = await PostalMime.parse(await text(stream));
        const link = /^\S+\?token=[\w-]+$/m.exec(body)?.[0];
        for (const { address } of link === undefined ? [] : session.envelope.rcptTo) {
          links.set(address, String(link));
          waiting.get(address)?.(String(link));
        }
      };
      read().then(() => callback(null), callback);
    },
  });
  const listener = smtp.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    linkFor(address) {
      const known = links.get(address);
      if (known !== undefined) return Promise.resolve(known);
      const { promise, resolve } = Promise.withResolvers<string>();
      waiting.set(address, resolve);
      return promise;
    },
    close: () => new Promise((resolve) => smtp.close(resolve)),
  };
}
