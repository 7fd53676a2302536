/**
 * Mail, and the links in it, for whoever sends some: the server's rooms and the command line. Deliveries are sent by a
 * server (server_mail.ts).
 */
import {
  createMailList,
  createMailOutbox,
  createSealedContents,
  type Mail,
  type MailList,
  type MailOutbox,
} from '../../mail/room.ts';
import { createOneTimeLinks, type OneTimeLinks } from '../../one_time_links/room.ts';
import type { MailViews } from '../../pages/mails/mail_views.ts';
import { createMailBudget } from '../../rate_limits/room.ts';
import { memoized } from '../memoized.ts';
import type { Basis } from '../services.ts';
import { mailLook } from './mail_look.ts';

export type MailServices = {
  /** Undefined where no mail can be sent: what needs it is not there then. */
  mail: Mail | undefined;
  /** The same, for whoever sends what it accepts. */
  mailOutbox: MailOutbox | undefined;
  /** Those of the last days. */
  mailList: MailList;
  /** Throws CardeaError for an operator's template that fails. */
  mailViews(): Promise<MailViews>;
  oneTimeLinks: OneTimeLinks;
};

/** Limits where there is no `mail` to say others: in development mode. */
const developmentLimit = { limit: 1000, windowMs: 60_000 };

export function createMailServices({
  config,
  store,
  secrets,
  settings,
  clock,
  log,
}: Pick<Basis, 'config' | 'store' | 'secrets' | 'settings' | 'clock' | 'log'>): MailServices {
  const { issuer, developmentMode, declaration } = config;
  const { deliveries, artifacts, counters } = store;

  const look = mailLook({ config, settings });
  const mailViews = memoized(async () => {
    const { createMailViews } = await import('../../pages/mails/mail_views.ts');
    return createMailViews({ pages: declaration.pages, look, issuer, log });
  });

  const createOutbox = () =>
    createMailOutbox({
      ...{ deliveries, clock, log },
      compose: async (template, data, context) =>
        (await mailViews()).render(template, data, context),
      sealed: createSealedContents(secrets),
      budget: createMailBudget({
        ...{ counters, clock, key: secrets.derive('mails per address') },
        policy: declaration.mail ?? {
          per_address: developmentLimit,
          per_account: developmentLimit,
        },
      }),
      key: secrets.derive('mails'),
      isKeptOnly: declaration.mail === undefined,
    });

  const mailOutbox = declaration.mail || developmentMode ? createOutbox() : undefined;
  return {
    ...{ mail: mailOutbox, mailOutbox },
    mailList: createMailList({ deliveries, clock }),
    mailViews,
    oneTimeLinks: createOneTimeLinks({ artifacts, counters, secrets, clock }),
  };
}
