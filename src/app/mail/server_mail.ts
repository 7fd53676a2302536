/**
 * The server's mails: sends those that wait.
 */
import {
  createDevelopmentMailRoutes,
  createDevelopmentMails,
  createMailDelivery,
  createSealedContents,
  type DevelopmentMailRoutes,
} from '../../mail/room.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { withinTime } from '../../time_limit.ts';
import type { Start } from '../start.ts';
import { createConfiguredSmtp } from './configured_smtp.ts';

/** Begins when it is called. Nothing where no mail server is configured. */
export async function startMails(start: Start): Promise<void> {
  const { config, services, clock, log, metrics, spans, begun } = start;
  const { mailOutbox: outbox, mailList, mailViews, store, secrets, audit, settings } = services;
  const declared = config.declaration.mail;
  const count = () => mailList.countWaiting(mostCounted).catch(() => undefined);
  metrics.watchMails(async () => (declared ? withinTime(count(), patienceMs, undefined) : 0));
  if (!outbox || !declared) return;
  // An operator's template that fails stops the start.
  if (config.declaration.pages.templates !== undefined) await mailViews();
  const delivery = createMailDelivery({
    ...{ outbox, deliveries: store.deliveries, sealed: createSealedContents(secrets) },
    ...{ audit, clock, log, count: metrics.countMail },
    sendBySmtp: createConfiguredSmtp({
      ...{ config, clock, log, spans, mail: declared },
      senderName: () => settings.effective().pages.name,
    }),
  });
  begun.defer(() => delivery.close());
  delivery.start();
}

/** Where mails are kept and not sent. */
export function developmentMailRoutes(
  { config, basePath, services, clock }: Start,
  renderer: PageRenderer,
): DevelopmentMailRoutes | undefined {
  const { store, secrets } = services;
  if (!config.developmentMode || config.declaration.mail) return undefined;
  const sealed = createSealedContents(secrets);
  const mails = createDevelopmentMails({ deliveries: store.deliveries, sealed, clock });
  return createDevelopmentMailRoutes({ mails, renderer, basePath });
}

/** A scrape does not wait for a store that does not answer. */
const patienceMs = 1000;
/** The gauge says so much at most. */
const mostCounted = 1000;
