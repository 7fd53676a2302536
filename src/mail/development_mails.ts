/**
 * The mails of development mode, which are kept for this machine's own browser and not sent.
 */
import type { Clock } from '../clock.ts';
import type { Delivery, DeliveryStore } from '../storage/deliveries.ts';
import { deliveryOf, mailEndpoint } from './outbox.ts';
import type { MailContents, SealedContents } from './sealed_contents.ts';

type DevelopmentMail = MailContents & {
  id: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
};

export type DevelopmentMails = {
  /** The last ones, newest first. Throws StoreUnavailableError. */
  list(): Promise<DevelopmentMail[]>;
  find(id: string): Promise<DevelopmentMail | undefined>;
};

const shown = 50;

export function createDevelopmentMails({
  deliveries,
  sealed,
  clock,
}: {
  deliveries: Pick<DeliveryStore, 'told' | 'find'>;
  sealed: Pick<SealedContents, 'open'>;
  clock: Clock;
}): DevelopmentMails {
  const open = ({ message: id, payload, createdAt }: Delivery): DevelopmentMail[] => {
    try {
      return [{ ...sealed.open(payload), id, createdAt }];
    } catch {
      // Of a secret before this one, or sent by a mail server that was configured then.
      return [];
    }
  };
  return {
    async list() {
      const page = { endpoint: mailEndpoint, now: clock.now(), limit: shown };
      return (await deliveries.told(page)).items.flatMap(open);
    },
    async find(id) {
      const found = await deliveries.find(deliveryOf(id), clock.now());
      return found && open(found)[0];
    },
  };
}
