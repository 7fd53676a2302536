/**
 * The welcome text after a start. It only shows secrets of the demonstration, which are public.
 */
import { styleText } from 'node:util';
import type { Demonstration } from './demonstration.ts';

const yourOwn =
  'To configure your own: docs/configuration.md. Setting CARDEA_ISSUER ends development mode.';

/**
 * `isDemonstration`: the demonstration configuration is loaded, so its clients exist. `keepsMails`: mails are shown and not
 * sent.
 */
export function showWelcome({
  issuer,
  developmentMode,
  isDemonstration,
  keepsMails,
}: {
  issuer: string;
  developmentMode: boolean;
  isDemonstration: boolean;
  keepsMails: boolean;
}): void {
  const mode = `in ${bold('development mode')}: for this machine only, with secrets of its own.`;
  const lines = [
    '',
    `${bold('Cardea')} runs ${developmentMode ? mode : 'with your configuration.'}`,
    '',
    `  Issuer         ${issuer}`,
    `  Discovery      ${issuer}/.well-known/openid-configuration`,
    ...(isDemonstration
      ? [
          `  Console        ${issuer}/console (alice, with the password "password")`,
          `  Own account    ${issuer}/account`,
        ]
      : []),
    ...(keepsMails ? [`  Mails          ${issuer}/dev/mail (none is sent)`] : []),
    ...(developmentMode ? ['', yourOwn] : []),
    ...(isDemonstration
      ? ['', bold('A first token, for a service:'), '', `  ${tokenCommand(issuer)}`]
      : []),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** For --demo outside of development mode. */
export function showNoDemonstration(): void {
  const lines = [
    'The demonstration app does not start: what it needs is in the configuration of development mode, which is',
    'loaded only without CARDEA_ISSUER and CARDEA_CONFIG.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Shown once the demonstration app responds, with the ports that it and its API really use. */
export function showSignIn({ app, api }: Demonstration): void {
  const moved = [
    ...(app === 'http://localhost:8080' ? [] : [`Port 8080 is in use: the app is at ${app}.`]),
    ...(api === 'http://localhost:8081' ? [] : [`Port 8081 is in use: the API is at ${api}.`]),
  ];
  const lines = [
    `${bold('A first sign-in, in the demonstration app')}, as alice with the password "password":`,
    '',
    `  ${app}`,
    '',
    ...moved.concat(moved.length > 0 ? [''] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function tokenCommand(issuer: string): string {
  const credentials = 'billing-job:demonstration-secret-of-billing-job';
  return `curl -s ${issuer}/token -u ${credentials} -d grant_type=client_credentials -d scope=orders:read`;
}

function bold(text: string): string {
  return styleText('bold', text);
}
