/** Mail rooms as several processes have them, with the real templates, and the mails that tests send. */
import type { Clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import type { MailDeclaration } from '../../src/config/schema/mail.ts';
import {
  createMailDelivery,
  createMailList,
  createMailOutbox,
  createSealedContents,
  createSendBySmtp,
  type OutgoingMail,
} from '../../src/mail/room.ts';
import { createMailViews } from '../../src/pages/mails/mail_views.ts';
import { createMailBudget } from '../../src/rate_limits/room.ts';
import { createSecrets } from '../../src/secrets/room.ts';
import type { Store } from '../../src/storage/store.ts';
import type { MailOutcome } from '../../src/telemetry/metrics.ts';
import { createAuditTrail } from '../support/rooms.ts';

export const issuer = 'https://id.example';
export const minute = 60_000;
export const hour = 60 * minute;

/** One for all rooms: to compile the templates takes a while. */
let shown = '';
const views = createMailViews({
  ...{ pages: {}, issuer, log: { error: () => {} } },
  look: () => ({ name: shown, accent: '#4f46e5' }),
});

/** The `mail` of a declarative file. */
export function mailDeclaration(port: number, given: object = {}): MailDeclaration {
  const smtp = { url: `smtp://127.0.0.1:${port}` };
  const { mail } = declarationSchema.parse({
    mail: { from: 'id@id.example', smtp, per_address: '100/1h', ...given },
  });
  if (!mail) throw new Error('it was declared');
  return mail;
}

export function createMailRoom(
  store: Pick<Store, 'deliveries' | 'counters'>,
  mail: MailDeclaration,
  {
    clock,
    secrets = [Buffer.alloc(32, 1)],
    name = 'Northwind',
  }: { clock: Clock; secrets?: Buffer[]; name?: string },
) {
  const audit = createAuditTrail();
  const counts: MailOutcome[] = [];
  const lines: unknown[] = [];
  const note = (...line: unknown[]) => void lines.push(line);
  const log = { info: note, warn: note, error: note };
  const { deliveries, counters } = store;
  const own = createSecrets(secrets);
  const sealed = createSealedContents(own);
  const outbox = createMailOutbox({
    compose: async (template, data, context) => {
      shown = name;
      return views.render(template, data, context);
    },
    budget: createMailBudget({ counters, clock, policy: mail, key: own.derive('budget') }),
    ...{ deliveries, sealed, key: own.derive('mails'), isKeptOnly: false, clock, log },
  });
  const { drain, close } = createMailDelivery({
    ...{ outbox, deliveries, sealed, audit, clock, log },
    sendBySmtp: createSendBySmtp({ mail, senderName: () => name, issuer }),
    count: (outcome) => void counts.push(outcome),
  });
  const { list, countWaiting } = createMailList({ deliveries, clock });
  return {
    ...{ send: outbox.send, drain, close, list, countWaiting, audit, counts },
    logged: () => JSON.stringify(lines),
  };
}

const at = Date.UTC(2031, 4, 3, 14, 3);

/** Tells of a change. */
export const notice: OutgoingMail<'password_changed'> = {
  ...{ to: 'alice@example.com', template: 'password_changed', locale: 'en', userId: 'user-1' },
  data: { circumstances: { at, device: 'Firefox on Linux', address: '203.0.113.7' } },
};

export const token = 's6Yl0xkq4Jt2W9cVbN1mZ8aPrD3eUfGhT5oQiBvXyKw';

/** Has a link in it, for ten minutes. */
export function signInMail(clock: Clock): OutgoingMail<'sign_in_link'> {
  return {
    ...{ to: 'alice@example.com', template: 'sign_in_link', locale: 'de', userId: 'user-1' },
    data: {
      url: `${issuer}/links/${token}`,
      ...{ code: '7K3M-Q2XD', expiresAt: clock.now() + 10 * minute, circumstances: { at } },
    },
  };
}
