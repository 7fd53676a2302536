/**
 * A real mail server that keeps what it is sent, and answers as a test says.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A certificate for localhost that nobody trusts who is not told to. */
export const mailServerCa = fileURLToPath(
  new URL('../net/fixtures/localhost.crt', import.meta.url),
);

export type ReceivedMail = {
  from: string;
  to: string[];
  /** As it was sent, headers and all. */
  raw: string;
  isSecure: boolean;
  /** Who signed in. */
  user: string | undefined;
};

/** What the server says at a step in place of yes. */
type Refusal = { at: 'sign_in' | 'sender' | 'recipient' | 'content'; code: number; words: string };

export type MailServer = {
  port: number;
  received: ReceivedMail[];
  /** From now on. `nothing`: the server takes the content and never answers. */
  refusal: Refusal | 'nothing' | undefined;
  /** Tokens that it takes (XOAUTH2). */
  tokens: Set<string>;
  /** Resolves when it has as many. */
  receives(count: number): Promise<void>;
  close(): Promise<void>;
};

/**
 * `tls`: `starttls` offers it, `always` speaks nothing else. With a `password` it wants one, for any user, or a token of
 * `tokens`.
 */
export async function startMailServer({
  tls = 'none',
  password,
}: {
  tls?: 'none' | 'starttls' | 'always';
  password?: string;
} = {}): Promise<MailServer> {
  const waiting: { count: number; resolve(): void }[] = [];
  const refusedAt = (step: Refusal['at']) => {
    const { refusal } = server;
    if (typeof refusal !== 'object' || refusal.at !== step) return null;
    return Object.assign(new Error(refusal.words), { responseCode: refusal.code });
  };
  const options: SMTPServerOptions = {
    secure: tls === 'always',
    authOptional: password === undefined,
    hideSTARTTLS: tls !== 'starttls',
    disabledCommands: [
      ...(tls === 'none' ? ['STARTTLS'] : []),
      ...(password === undefined ? ['AUTH'] : []),
    ],
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
    cert: readFileSync(mailServerCa),
    key: readFileSync(new URL('../net/fixtures/localhost.key', import.meta.url)),
    logger: false,
    closeTimeout: 1,
    onAuth(auth, _session, callback) {
      const isTaken =
        auth.method === 'XOAUTH2'
          ? server.tokens.has(auth.accessToken ?? '')
          : auth.password === password;
      const refused = refusedAt('sign_in');
      // As Google and Microsoft answer, so that the client can say more.
      if (auth.method === 'XOAUTH2' && !isTaken)
        return callback(null, { data: { status: '401', schemes: 'bearer' } });
      if (refused || !isTaken) return callback(refused ?? new Error('Invalid login'));
      callback(null, { user: auth.username });
    },
    onMailFrom: (_address, _session, callback) => callback(refusedAt('sender')),
    onRcptTo: (_address, _session, callback) => callback(refusedAt('recipient')),
    onData(stream, session, callback) {
      const { mailFrom, rcptTo } = session.envelope;
      const take = (raw: string) => {
        const refused = refusedAt('content');
        if (refused) return callback(refused);
        server.received.push({
          ...{ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) },
          ...{ raw, isSecure: session.secure, user: session.user as string | undefined },
        });
        for (const { count, resolve } of waiting) if (server.received.length >= count) resolve();
        if (server.refusal !== 'nothing') callback(null, 'OK: queued as 4B1D');
      };
      // Whoever leaves before the end has sent nothing.
      text(stream).then(take, () => {});
    },
  };
  const smtp = new SMTPServer(options);
  // Clients that do not like the certificate, or leave.
  smtp.on('error', () => {});
  const listener = smtp.listen(0, '0.0.0.0');
  await once(listener, 'listening');
  const server: MailServer = {
    port: (listener.address() as AddressInfo).port,
    ...{ received: [], refusal: undefined, tokens: new Set() },
    receives(count) {
      if (server.received.length >= count) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      return promise;
    },
    close: () => new Promise((resolve) => smtp.close(resolve)),
  };
  return server;
}

/** A mail as a mail program reads it. */
export function readMail({ raw }: Pick<ReceivedMail, 'raw'>): Promise<Email> {
  return PostalMime.parse(raw);
}
