/**
 * The schema of mail in the declarative file: a part of declaration.ts, under its rules.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import { isLoopbackHost } from '../../definitions/loopback.ts';
import { mailAddressPattern } from '../../definitions/names.ts';
import { httpUrl, rate } from './values.ts';

const address = z
  .string()
  .max(maxLength.email)
  .regex(mailAddressPattern, 'must be one mail address, such as id@example.com')
  .meta({ notation: 'mail address' });

/** Longer than any password, token or key that a mail server gives out. */
const credential = z.string().min(1).max(10_000);

const oauthSchema = z
  .strictObject({
    token_url: httpUrl.describe(
      'Where access tokens are fetched, such as `https://oauth2.googleapis.com/token`.',
    ),
    client_id: z
      .string()
      .min(1)
      .max(maxLength.uri)
      .describe('The client that Cardea is there; of a service account with a key, its address.'),
    client_secret: credential.optional().describe('Its secret.'),
    refresh_token: credential
      .optional()
      .describe('The refresh token of the mailbox. Without one the service itself is authorized.'),
    private_key: credential
      .optional()
      .describe(
        'The private key of a service account (PEM, RS256), in place of a secret: a signed assertion asks for the mailbox of `username` (RFC 7523).',
      ),
    scope: z
      .string()
      .min(1)
      .max(maxLength.uri)
      .optional()
      .describe('The scope to ask for, such as `https://outlook.office365.com/.default`.'),
  })
  .refine(
    ({ private_key, client_secret, refresh_token }) =>
      !(private_key && (client_secret || refresh_token)),
    {
      message: 'takes private_key, or client_secret and refresh_token, not both',
      params: { remedy: 'Remove one of the two.' },
    },
  )
  .refine(
    ({ private_key, client_secret, refresh_token }) =>
      private_key || client_secret || refresh_token,
    {
      message: 'has nothing that proves who asks for tokens',
      params: { remedy: 'Add client_secret, refresh_token or private_key.' },
    },
  )
  .meta({ rule: 'With private_key, or with client_secret, refresh_token or both.' });

const smtpShape = z.strictObject({
  url: z
    .string()
    .max(maxLength.uri)
    .refine((text) => readSmtpUrl(text) !== undefined, {
      message: 'must be the address of a mail server, such as smtps://user:password@mail.example',
      params: {
        remedy:
          'It has a host, and perhaps a port, a user and a password, in which special characters are percent-encoded; or declare username and password beside it.',
      },
    })
    .meta({ notation: 'URL', pattern: '^\\s*[Ss][Mm][Tt][Pp][Ss]?://' })
    .describe(
      'The mail server: `smtps://` (TLS from the start, port 465) or `smtp://` (STARTTLS, port 587), perhaps with user and password.',
    ),
  username: z.string().min(1).max(maxLength.email).optional().describe('In place of one in `url`.'),
  password: credential.optional().describe('In place of one in `url`, and not percent-encoded.'),
  oauth: oauthSchema
    .optional()
    .describe('In place of a password: access tokens (XOAUTH2), as Google and Microsoft want it.'),
  tls: z
    .enum(['required', 'opportunistic', 'none'])
    .optional()
    .describe(
      'Of `smtp://`, where the server offers no STARTTLS: `required` does not send, `opportunistic` sends in plaintext; `none` always does. With a user only for a server on this machine. Default: `required`, and `none` for a server on this machine.',
    ),
});

const smtpSchema = smtpShape
  .superRefine(({ url, username, password, oauth, tls }, context) => {
    const server = readSmtpUrl(url);
    if (!server) return;
    const passwords = [server.password, password, oauth].filter((given) => given !== undefined);
    const report = (key: string, message: string, remedy: string) =>
      context.addIssue({ code: 'custom', path: [key], message, params: { remedy } });
    if (server.secure && tls !== undefined) {
      report('tls', 'says nothing for smtps://, which is TLS from the start', 'Remove it.');
    }
    const sendsCredentials = passwords.length > 0 && !server.secure && !server.isLoopback;
    if (sendsCredentials && tls !== undefined && tls !== 'required') {
      report(
        'tls',
        'would send the password or access token to another machine in plaintext',
        'Remove it, or sign in to no mail server.',
      );
    }
    if (server.username !== undefined && username !== undefined) {
      report('username', 'is in the url, too', 'Keep one of the two.');
    }
    const place = oauth ? 'oauth' : 'password';
    if (passwords.length > 1)
      report(place, 'is not the only proof', 'Keep one of password and oauth.');
    if (passwords.length === 1 && (username ?? server.username) === undefined) {
      report('username', 'is missing', 'Add the user that the mail server knows.');
    }
    if (passwords.length === 0 && (username ?? server.username) !== undefined) {
      report('password', 'is missing', 'Add it, or oauth.');
    }
  })
  .meta({ rule: 'A user has a password or oauth, in one place.' });

export const mailSchema = z
  .strictObject({
    from: address.describe(
      'The address that mails are from. Their sender is shown by the name of `pages`.',
    ),
    reply_to: address.optional().describe('Where replies go; absent: to `from`.'),
    smtp: smtpSchema.describe('How mails are sent.'),
    per_address: rate
      .prefault('10/1h')
      .describe(
        'Mails to one address that anybody can ask for, such as links to sign in. Further ones are not sent.',
      ),
    per_account: rate
      .prefault('30/1h')
      .describe(
        'The same to one account. Mails that tell of a change are limited alike, and counted apart.',
      ),
  })
  .optional()
  .describe(
    'Mail ([mail.md](mail.md)). Without this section, what needs mail is not there; in development mode mails are shown at `/dev/mail`.',
  );

export type MailDeclaration = NonNullable<z.output<typeof mailSchema>>;

export type SmtpServer = {
  host: string;
  port: number;
  /** TLS from the start. */
  secure: boolean;
  username?: string | undefined;
  password?: string | undefined;
  isLoopback: boolean;
};

/** What the URL says; undefined where it is none of a mail server. */
export function readSmtpUrl(text: string): SmtpServer | undefined {
  const url = URL.parse(text.trim());
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') return undefined;
  if (!['', '/'].includes(url.pathname) || url.search || url.hash) return undefined;
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  try {
    return {
      ...{ host, secure, port: Number(url.port) || (secure ? 465 : 587) },
      username: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      isLoopback: isLoopbackHost(host),
    };
  } catch {
    return undefined;
  }
}
