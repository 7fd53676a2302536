/**
 * The operator's mail server, as the configuration has it.
 */
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { type MailDeclaration, readSmtpUrl } from '../../config/schema/mail.ts';
import { createAccessTokens, createSendBySmtp, type SendBySmtp } from '../../mail/room.ts';
import { createOutboundFetch } from '../../net/outbound.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Spans } from '../../telemetry/tracing/spans.ts';

/** Throws CardeaError `outbound_ca_unusable`. */
export function createConfiguredSmtp({
  config: { issuer, declaration },
  mail,
  senderName,
  clock,
  log,
  spans,
}: {
  config: Pick<Config, 'issuer' | 'declaration'>;
  mail: MailDeclaration;
  senderName: () => string;
  clock: Clock;
  log: Pick<Log, 'warn'>;
  spans?: Spans | undefined;
}): SendBySmtp {
  const { outbound } = declaration;
  const { oauth, username, url } = mail.smtp;
  const tokens =
    oauth &&
    createAccessTokens({
      ...{ oauth, mailbox: username ?? readSmtpUrl(url)?.username ?? '', clock },
      fetch: createOutboundFetch({ ...outbound, log, spans }),
    });
  return createSendBySmtp({ mail, senderName, issuer, ca: outbound.ca, tokens });
}
