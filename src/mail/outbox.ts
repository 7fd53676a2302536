/**
 * Accepts mails: each is put into words, sealed and in the queue before whoever sends it goes on.
 */
import type { Clock } from '../clock.ts';
import type { Locale } from '../definitions/locales.ts';
import { dayMs } from '../definitions/units.ts';
import { hmacSha256, randomId } from '../digests.ts';
import type { MailBudget } from '../rate_limits/room.ts';
import type { DeliveryStore } from '../storage/deliveries.ts';
import { isMailAddress, maskedAddress } from './addresses.ts';
import { askedFor, type MailData, type MailTemplate } from './mail_data.ts';
import { writeNote } from './mail_note.ts';
import type { MailContents, SealedContents } from './sealed_contents.ts';

export type OutgoingMail<T extends MailTemplate = MailTemplate> = {
  to: string;
  template: T;
  data: MailData[T];
  locale: Locale;
  /** Whose it is, where there is an account. */
  userId?: string | undefined;
  /**
   * A mail with a key that was used before, within a week, is not sent again, nor counted. What is sent after a request that may come
   * twice has the same key both times. Default: random.
   */
  idempotencyKey?: string | undefined;
};

/**
 * `limited`: this address or account was sent too many; `unusable_address`: it is none. Tell no stranger which of them it
 * was.
 */
type MailAcceptance = 'accepted' | 'limited' | 'unusable_address';

export type Mail = {
  /**
   * Resolves when it will be sent, whatever happens to this process; when that is and what comes of it is in the list of
   * mails. Throws StoreUnavailableError.
   */
  send<T extends MailTemplate>(mail: OutgoingMail<T>): Promise<MailAcceptance>;
};

/** What a template makes of the data. One line, without what could end it. */
export type ComposeMail = <T extends MailTemplate>(
  template: T,
  data: MailData[T],
  context: { locale: Locale; to: string; now: number },
) => Promise<Pick<MailContents, 'subject' | 'html' | 'text'>>;

/** The endpoint of all mails in the queue. No webhook's is so short. */
export const mailEndpoint = 'mail';

/** The delivery of a mail, by the mail's id. */
export function deliveryOf(mail: string): string {
  return `${mailEndpoint}.${mail}`;
}

/** How long a mail is tried, unless it is of no use before. */
const triedForMs = dayMs;
/** How long it is in the list, and its idempotency key is known. */
const keptForMs = 7 * dayMs;

export type MailOutbox = Mail & {
  /** `listener` is called whenever there is something to send. */
  onAdded(listener: () => void): void;
};

export function createMailOutbox({
  deliveries,
  compose,
  sealed,
  budget,
  key,
  isKeptOnly,
  clock,
  log,
}: {
  deliveries: Pick<DeliveryStore, 'add' | 'find'>;
  compose: ComposeMail;
  sealed: SealedContents;
  budget: MailBudget;
  /** For the ids that come of idempotency keys. */
  key: Buffer;
  /** Development mode: mails are shown, and never sent. */
  isKeptOnly: boolean;
  clock: Clock;
  log: Record<'info' | 'warn', (fields: object, message: string) => void>;
}): MailOutbox {
  const listeners: (() => void)[] = [];
  return {
    onAdded: (listener) => void listeners.push(listener),

    async send({ to, template, data, locale, userId, idempotencyKey }) {
      const message = `mail_${hmacSha256(key, idempotencyKey ?? randomId()).slice(0, 22)}`;
      const fields = { mail: message, template, ...(userId !== undefined && { user_id: userId }) };
      if (!isMailAddress(to)) {
        log.warn(fields, 'a mail has no usable address');
        return 'unusable_address';
      }
      const id = deliveryOf(message);
      const now = clock.now();
      if (idempotencyKey !== undefined && (await deliveries.find(id, now))) return 'accepted';
      const isAskedFor = askedFor.includes(template);
      if (!(await budget.take({ to, userId, template, isAskedFor }))) {
        log.warn(fields, 'too many mails to one address or account: this one is not sent');
        return 'limited';
      }
      const contents = { ...(await compose(template, data, { locale, to, now })), to };
      const until =
        'expiresAt' in data ? Math.min(data.expiresAt, now + triedForMs) : now + triedForMs;
      const expiresAt = now + keptForMs;
      await deliveries.add([
        {
          ...{ id, endpoint: mailEndpoint, message },
          payload: sealed.seal(contents),
          note: writeNote({
            state: 'waiting',
            template,
            locale,
            to: maskedAddress(to),
            userId,
            until,
          }),
          ...{ attempts: 0, createdAt: now, dueAt: isKeptOnly ? expiresAt : now, expiresAt },
        },
      ]);
      if (isKeptOnly) log.info(fields, 'a mail is at /dev/mail: development mode sends none');
      for (const listener of listeners) listener();
      return 'accepted';
    },
  };
}
