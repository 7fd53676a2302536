/**
 * `cardea mail`: whether mail can be sent.
 */
import type { Command } from 'commander';
import { createConfiguredSmtp } from '../app/mail/configured_smtp.ts';
import { systemClock as clock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { isMailAddress, type SmtpLine } from '../mail/room.ts';
import { UsageError } from './terminal/failures.ts';
import { type OutputOptions, print, printable, remark, subcommand } from './terminal/output.ts';
import { commandLog as log } from './terminal/stderr_log.ts';

export function register(command: Command): void {
  subcommand(command, 'test <address>', 'send a mail now, and show what the server says')
    .addHelpText(
      'after',
      '\nIt goes by no queue, and needs neither the store nor a running server.',
    )
    .action(test);
}

async function test(address: string, options: OutputOptions): Promise<void> {
  if (!isMailAddress(address)) throw new UsageError('this is not one mail address');
  const config = await loadConfig(process.env);
  const { mail, pages } = config.declaration;
  if (!mail) throw notConfigured();
  const { createMailViews } = await import('../pages/mails/mail_views.ts');
  const { issuer } = config;
  const look = () => ({ name: pages.name, accent: pages.accent });
  const views = createMailViews({ pages, look, issuer, log });
  const createdAt = clock.now();
  const context = { locale: pages.default_locale, to: address, now: createdAt };
  const contents = views.render('test', {}, context);

  const conversation: SmtpLine[] = [];
  const send = createConfiguredSmtp({ config, mail, senderName: () => pages.name, clock, log });
  const message = { ...contents, id: `mail_${randomId()}`, to: address, createdAt };
  const { result, reason } = await send(message, { onLine: (line) => conversation.push(line) });

  const ok = result === 'delivered';
  const lines = conversation.flatMap(({ from, text }) =>
    text.split('\n').map((line) => `${from === 'S' ? '<' : '>'} ${printable(line)}`),
  );
  const outcome = { ok, result, answer: reason, conversation: lines };
  if (!ok) process.exitCode = 1;
  if (ok || options.json) {
    print(outcome, options, () => `The server took it: ${printable(reason)}`);
    return;
  }
  for (const line of lines) remark(line);
  remark(`Not sent: ${printable(reason)}`);
}

function notConfigured(): CardeaError {
  return new CardeaError({
    code: 'mail_not_configured',
    status: 500,
    message:
      'No mail server is configured. Declare mail.from and mail.smtp in the declarative file.',
  });
}
