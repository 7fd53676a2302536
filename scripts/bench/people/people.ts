/**
 * A Cardea where people sign in, recover and register, with what they need around it: a mail server, and a provider that
 * has a mail domain.
 */
import {
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../../harness/providers/openid_provider.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { createPasswords } from '../../../src/users/passwords.ts';
import { declaration, redirectUri } from '../declaration.ts';
import {
  installCardea,
  type RunningCardea,
  removeInstallation,
  startNode,
} from '../servers/cardea.ts';
import { type MailSink, startMailSink } from './mail_sink.ts';

export const password = 'a-password-of-the-bench';
/** The provider's. */
export const providerDomain = 'staff.example';
export const address = (name: string) => `${name}@mail.example`;

export type People = {
  issuer: string;
  server: RunningCardea;
  mails: MailSink;
  stop(): Promise<void>;
};

/** `names`: the usernames of so many of a kind, `right0`, `right1`, …. */
export function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}${index}`);
}

/**
 * `withPassword`: users who have `password`; `byMail`: those who have only a verified address; `ofProvider`: whose address
 * is in the provider's domain; without them there is no provider.
 */
export async function startPeople({
  workers,
  withPassword,
  byMail,
  ofProvider,
}: {
  workers: number;
  withPassword: readonly string[];
  byMail: readonly string[];
  ofProvider?: readonly string[];
}): Promise<People> {
  const mails = await startMailSink();
  const provider = ofProvider && (await startOpenIdProvider({ redirectUris: [] }));
  const hash = await hashOf(password);
  const client = {
    ...{ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
    ...{ redirect_uris: [redirectUri], consent: 'skip', scope: 'openid' },
  };
  const installation = await installCardea('sqlite', {
    ...declaration,
    users: [
      ...declaration.users,
      ...withPassword.map((username) => ({
        ...{ username, password_hash: hash, email: address(username), email_verified: true },
      })),
      ...byMail.map((username) => ({
        ...{ username, email: address(username), email_verified: true },
      })),
      ...(ofProvider ?? []).map((username) => ({
        ...{ username, email: `${username}@${providerDomain}`, email_verified: true },
      })),
    ],
    clients: [
      ...declaration.clients,
      { ...client, client_id: 'app', client_name: 'App' },
      { ...client, client_id: 'bank', client_name: 'Bank', acr: 'mfa' },
      { ...client, client_id: 'vault', client_name: 'Vault', acr: 'phishing_resistant' },
    ],
    registration: { mode: 'open' },
    mail: { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${mails.port}` } },
    outbound: { allow: ['127.0.0.1/32'] },
    ...(provider && { identity_providers: [declared(provider)] }),
    sign_in: { attempts_per_account: '1000000/15m', attempts_per_address: '1000000/15m' },
  });
  // Passkeys are made for a name.
  const issuer = installation.url.replace('127.0.0.1', 'localhost');
  const here = {
    ...{ ...installation, url: issuer },
    environment: {
      ...installation.environment,
      ...{ CARDEA_ISSUER: issuer, CARDEA_TRUSTED_PROXIES: '127.0.0.1' },
    },
  };
  const server = await startNode(here, { workers });
  return {
    ...{ issuer, server, mails },
    async stop() {
      await server.stop();
      await removeInstallation(installation);
      await Promise.all([mails.close(), provider?.close()]);
    },
  };
}

function declared({ issuer, clientId, clientSecret }: OpenIdProvider) {
  return {
    ...{ id: 'staff', name: 'Staff', issuer, domains: [providerDomain] },
    ...{ client_id: clientId, client_secret: clientSecret },
  };
}

let browsers = 0;

/** A browser in a network of its own. */
export function newBrowser(): UserAgent {
  browsers += 1;
  const from = `203.${Math.floor(browsers / 250) % 250}.${browsers % 250}.7`;
  return createUserAgent({ headers: { 'x-forwarded-for': from } });
}

/** As new ones are, so that a sign-in replaces nothing. */
async function hashOf(text: string): Promise<string> {
  const passwords = createPasswords({ log: { info() {}, warn() {}, error() {} } as never });
  try {
    return await passwords.hash(text);
  } finally {
    passwords.close();
  }
}
