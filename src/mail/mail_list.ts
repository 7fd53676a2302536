/**
 * The mails of the last days: what became of each. Their contents are in no list.
 */
import type { Clock } from '../clock.ts';
import type { Delivery, DeliveryStore } from '../storage/deliveries.ts';
import type { Page } from '../storage/pages.ts';
import { type MailNote, type MailState, readNote } from './mail_note.ts';
import { deliveryOf, mailEndpoint } from './outbox.ts';

export type ListedMail = MailNote &
  Pick<Delivery, 'attempts' | 'createdAt' | 'dueAt'> & {
    /** `mail_…` */
    id: string;
  };

export type MailList = {
  /**
   * Newest first, from behind the `next` of the page before; of this state and this account, where one is named. A page
   * may be short and go on. Throws StoreUnavailableError.
   */
  list(options: {
    limit: number;
    after?: string | undefined;
    state?: MailState | undefined;
    userId?: string | undefined;
  }): Promise<Page<ListedMail>>;
  /** Undefined: there is none, or it is longer ago. Throws StoreUnavailableError. */
  find(id: string): Promise<ListedMail | undefined>;
  /** How many are still to be sent, counted up to `most`. Throws StoreUnavailableError. */
  countWaiting(most: number): Promise<number>;
};

export function createMailList({
  deliveries,
  clock,
}: {
  deliveries: Pick<DeliveryStore, 'told' | 'find' | 'countWaiting'>;
  clock: Clock;
}): MailList {
  const now = () => ({ endpoint: mailEndpoint, now: clock.now() });
  return {
    async list({ state, userId, ...page }) {
      const isWanted = ({ note }: Delivery) => {
        const read = readNote(note);
        return (!state || read.state === state) && (!userId || read.userId === userId);
      };
      const matches = state || userId ? isWanted : undefined;
      const { items, next } = await deliveries.told({ ...now(), ...page, matches });
      return { items: items.map(toListed), next };
    },
    async find(id) {
      const found = await deliveries.find(deliveryOf(id), clock.now());
      return found && toListed(found);
    },
    countWaiting: (most) => deliveries.countWaiting({ ...now(), most }),
  };
}

function toListed({ message: id, note, attempts, createdAt, dueAt }: Delivery): ListedMail {
  const read = readNote(note);
  const isDone = read.state === 'sent' || read.state === 'dropped';
  // To finish one counts as one more.
  return { id, ...read, attempts: isDone ? attempts - 1 : attempts, createdAt, dueAt };
}
