/**
 * Sends one mail to the operator's server (SMTP, RFC 5321), by a connection of its own. Owns how that server is spoken
 * to: TLS, who signs in, how long it may take.
 */
import type { SMTPTransportOptions } from 'nodemailer';
import { type MailDeclaration, readSmtpUrl } from '../config/schema/mail.ts';
import { serverLimits } from '../definitions/limits.ts';
import { trustedCertificates } from '../net/outbound.ts';
import type { AccessTokens } from './access_tokens.ts';

/** As it is sent. Headers are made of these and nothing else. */
type MailMessage = {
  /** Names it in its Message-ID, the same at each attempt. */
  id: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
};

/** A line of the conversation: `S` is the server's. Never has credentials, nor the mail. */
export type SmtpLine = { from: 'S' | 'C'; text: string };

type SmtpOutcome =
  /** `reason`: what the server said at last. */
  | { result: 'delivered'; reason: string }
  /** It takes this recipient or this mail not now and not later. */
  | { result: 'refused'; reason: string }
  | { result: 'failed'; reason: string };

export type SendBySmtp = (
  message: MailMessage,
  options?: {
    signal?: AbortSignal;
    /** Is told the conversation. */
    onLine?: (line: SmtpLine) => void;
  },
) => Promise<SmtpOutcome>;

/** The returned function never throws. This throws CardeaError `outbound_ca_unusable`. */
export function createSendBySmtp({
  mail,
  senderName,
  issuer,
  ca,
  tokens,
}: {
  mail: MailDeclaration;
  /** The operator's name, as it is at the moment. */
  senderName: () => string;
  issuer: string;
  /** `outbound.ca`: a PEM file with certificates to trust in addition to the system's. */
  ca?: string | null | undefined;
  /** Where the server takes access tokens. */
  tokens?: AccessTokens | undefined;
}): SendBySmtp {
  const options = connectionOptions(mail, { issuer, ca, tokens });
  const domain = mail.from.slice(mail.from.lastIndexOf('@') + 1);

  return async ({ id, to, subject, html, text, createdAt }, { signal, onLine } = {}) => {
    // It is large, and most processes send nothing.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      ...options,
      ...(onLine && { transactionLog: true, logger: lineLogger(onLine) }),
    });
    const limit = AbortSignal.timeout(serverLimits.mailMs);
    try {
      const { response } = await transport.sendMail({
        // Addresses as objects: nothing in them is parsed as another one.
        from: { name: senderName(), address: mail.from },
        to: { name: '', address: to },
        ...(mail.reply_to && { replyTo: { name: '', address: mail.reply_to } }),
        envelope: { from: mail.from, to: [to] },
        ...{ subject, html, text },
        messageId: `<${id}@${domain}>`,
        date: new Date(createdAt),
        headers: {
          // RFC 3834 section 5: nobody's holiday answer comes back. The second is for Exchange.
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
        },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      return { result: 'delivered', reason: response };
    } catch (error) {
      return failureOf(error as SmtpError, limit.aborted);
    }
  };
}

type SmtpError = Error & {
  code?: string;
  command?: string;
  response?: string;
  permanent?: boolean;
};

/** What was said after these is about this mail. A refusal before is about the connection, and an operator mends it. */
const ofThisMail = ['RCPT TO', 'DATA', 'API'];

function failureOf(error: SmtpError, isLate: boolean): SmtpOutcome {
  const { code, command = '', response, permanent, message } = error;
  if (isLate) return { result: 'failed', reason: 'the server took too long' };
  const isOfThisMail = ofThisMail.includes(command);
  const isRefused = isOfThisMail && (permanent || (code === 'EENVELOPE' && command === 'API'));
  // The library's own words say at which step; the server's are at their end.
  const reason = isOfThisMail && response !== undefined ? response : message;
  return { result: isRefused ? 'refused' : 'failed', reason };
}

function connectionOptions(
  { smtp }: MailDeclaration,
  {
    issuer,
    ca,
    tokens,
  }: { issuer: string; ca: string | null | undefined; tokens: AccessTokens | undefined },
): SMTPTransportOptions {
  const server = readSmtpUrl(smtp.url);
  if (!server) throw new Error('the schema has checked the URL');
  const { host, port, secure, isLoopback } = server;
  const tls = smtp.tls ?? (isLoopback ? 'none' : 'required');
  const user = smtp.username ?? server.username;
  const pass = smtp.password ?? server.password;
  const trusted = trustedCertificates(ca);
  return {
    ...{ host, port, secure },
    ...(!secure && { requireTLS: tls === 'required', ignoreTLS: tls === 'none' }),
    tls: { minVersion: 'TLSv1.2', ...(trusted && { ca: trusted }) },
    // What the server calls us in its log.
    name: new URL(issuer).hostname.replace(/^\[|\]$/g, ''),
    ...(user !== undefined && {
      // Otherwise a server that offers no sign-in is sent the mail without one.
      forceAuth: true,
      auth: tokens ? { type: 'OAuth2', user, provisionCallback: provide(tokens) } : { user, pass },
    }),
    connectionTimeout: serverLimits.mailConnectionMs,
    greetingTimeout: serverLimits.mailConnectionMs,
    socketTimeout: serverLimits.mailMs,
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function provide(tokens: AccessTokens) {
  return (
    _user: string,
    renew: boolean,
    callback: (error: Error | null, token?: string, expires?: number) => void,
  ): void => {
    tokens.get({ renew }).then(
      ({ token, expiresAt }) => callback(null, token, expiresAt),
      (error: Error) => callback(error),
    );
  };
}

/** The library logs what it sends and gets, credentials masked; of a sign-in only the mechanism is told. */
function lineLogger(onLine: (line: SmtpLine) => void) {
  const nothing = () => {};
  const debug = (entry: { tnx?: string } | undefined, message?: unknown) => {
    const text = String(message);
    if (entry?.tnx === 'server') onLine({ from: 'S', text });
    if (entry?.tnx !== 'client') return;
    const [command] =
      /^(?:AUTH [\w-]+|(?:EHLO|HELO|MAIL FROM|RCPT TO).*|STARTTLS|DATA|QUIT)/.exec(text) ?? [];
    if (command) onLine({ from: 'C', text: command });
  };
  const level = { trace: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing };
  return { ...level, debug };
}
