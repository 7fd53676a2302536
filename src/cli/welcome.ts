/**
 * What development mode tells the person who started it. The secrets in it are the demonstration's, which
 * everybody knows.
 */
import { styleText } from 'node:util';

/** `isDemonstration`: the demonstration configuration is loaded, so its clients are there. */
export function showWelcome({
  issuer,
  isDemonstration,
}: {
  issuer: string;
  isDemonstration: boolean;
}): void {
  const lines = [
    '',
    `${bold('Cardea')} runs in ${bold('development mode')}: for this machine only, with secrets of its own.`,
    '',
    `  Issuer         ${issuer}`,
    `  Discovery      ${issuer}/.well-known/openid-configuration`,
    ...(isDemonstration
      ? ['', bold('A first token, for a service:'), '', `  ${tokenCommand(issuer)}`]
      : []),
    '',
    'To configure your own: docs/configuration.md. Setting CARDEA_ISSUER ends development mode.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Once the demonstration app answers. */
export function showSignIn(): void {
  const lines = [
    `${bold('A first sign-in, in the demonstration app')}, as alice with the password "password":`,
    '',
    '  http://localhost:8080',
    '',
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
