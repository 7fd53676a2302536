/**
 * Who is nobody in particular: whoever speaks as a client that proves nothing about itself. It owns which clients
 * those are, and that what is issued through them is limited by account.
 */
import type { Client } from 'oidc-provider';
import type { MarkerWatch } from '../../caching/marker_watch.ts';
import { describesItself, type FindClient } from '../../clients/room.ts';
import type { AccountBudget } from '../../rate_limits/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { currentContext } from '../engine/request_slots.ts';
import { type IssuingLimit, redeemedRecord } from '../records/consumption.ts';

export type Strangers = {
  /** Whether anybody can speak as the client, or could make one like it. */
  isStranger(client: Client): Promise<boolean>;
  issuing: IssuingLimit;
};

export function createStrangers({
  find,
  catchUp,
  budget,
}: {
  find: FindClient;
  catchUp: MarkerWatch['catchUp'];
  budget: AccountBudget;
}): Strangers {
  const isStranger: Strangers['isStranger'] = async ({ clientId, clientAuthMethod }) => {
    if (clientAuthMethod === 'none') return true;
    const record = await find(clientId, clientAsOf() ?? (await catchUp()));
    return record !== undefined && describesItself(record.source);
  };

  /** Whose tokens are limited; undefined: nobody's. */
  const holder = async () => {
    const accountId = redeemedRecord()?.accountId;
    const client = currentContext()?.oidc.client;
    if (accountId === undefined || !client || !(await isStranger(client))) return undefined;
    return { accountId, clientId: client.clientId };
  };

  return {
    isStranger,
    issuing: {
      async check() {
        const limited = await holder();
        if (limited) budget.check(limited);
      },
      async count() {
        const limited = await holder();
        if (limited) await budget.count(limited);
      },
    },
  };
}
