/**
 * The kill switches: for each, the tokens that it must end, those that it must spare, and how it is thrown.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { basic, postForm } from '../../support/flows.ts';
import { type Cast, keyOf } from './cast.ts';
import type { Operator } from './children.ts';
import { orders, secret, stock } from './configuration.ts';
import { monotonicMs } from './monotonic.ts';

export type Round = {
  mortals: string[];
  survivors: string[];
  /** Answers when it was done, by the monotonic clock. */
  throwIt(): Promise<number>;
  /** A token that is asked for after the answer: no switch that was thrown before may hit it. */
  newborn?(): Promise<string>;
};

export type KillSwitch = {
  name: string;
  /** Who answers: a node over HTTP, or the operator's command. */
  by: 'node' | 'operator';
  /** It ends tokens of everybody, the background load's as well. */
  isGlobal: boolean;
  /** Milliseconds of peace after each round. */
  restMs?: number;
  /** `nodeUrl`: the node to ask, where a node is asked. */
  round(index: number, nodeUrl: string): Promise<Round>;
};

export function createKillSwitches({
  cast,
  operator,
  ofOlderKey,
}: {
  cast: Cast;
  operator: Operator;
  /** A token of a key that no round revokes. */
  ofOlderKey: string;
}): KillSwitch[] {
  const { person, refreshed, service } = cast;
  const accessTokens = (sets: { accessToken: string }[]) =>
    sets.map(({ accessToken }) => accessToken);

  const someOfAll = async () => [
    ...accessTokens(await Promise.all([person('alice', 'shop'), person('bob', 'kiosk')])),
    await service('job'),
  ];

  return [
    {
      ...{ name: 'token', by: 'node', isGlobal: false },
      async round(index, nodeUrl) {
        const { accessToken, refreshToken } = await person('alice', 'shop');
        const sibling = await refreshed('shop', refreshToken);
        const own = [await service('shop'), await service('shop')];
        // A person's one, then a client's one: they are recorded in different ways.
        const [mortal = '', ...survivors] =
          index % 2 === 0
            ? [accessToken, sibling.accessToken, ...own]
            : [...own, accessToken, sibling.accessToken];
        return { mortals: [mortal], survivors, throwIt: () => revokeAt(nodeUrl, mortal) };
      },
    },
    {
      ...{ name: 'refresh family', by: 'node', isGlobal: false },
      async round(_index, nodeUrl) {
        const other = await person('alice', 'shop');
        const first = await person('alice', 'shop');
        const second = await refreshed('shop', first.refreshToken);
        return {
          mortals: accessTokens([first, second]),
          survivors: accessTokens([other]),
          throwIt: () => revokeAt(nodeUrl, second.refreshToken),
        };
      },
    },
    {
      ...{ name: 'grant', by: 'operator', isGlobal: false },
      async round() {
        const mortals = [await person('alice', 'shop'), await person('alice', 'shop')];
        const survivors = [await person('alice', 'kiosk'), await person('bob', 'shop')];
        return {
          mortals: accessTokens(mortals),
          survivors: [...accessTokens(survivors), await service('shop')],
          throwIt: () => operator.throwSwitch({ grant: { user: 'alice', client: 'shop' } }),
          newborn: async () => (await person('alice', 'shop')).accessToken,
        };
      },
    },
    {
      ...{ name: 'user', by: 'operator', isGlobal: false },
      async round() {
        const mortals = [await person('alice', 'shop'), await person('alice', 'kiosk')];
        return {
          mortals: accessTokens(mortals),
          survivors: [...accessTokens([await person('bob', 'shop')]), await service('shop')],
          throwIt: () => operator.throwSwitch({ user: 'alice' }),
          newborn: async () => (await person('alice', 'shop')).accessToken,
        };
      },
    },
    {
      ...{ name: 'client', by: 'operator', isGlobal: false },
      async round() {
        const mortals = accessTokens([await person('alice', 'shop'), await person('bob', 'shop')]);
        return {
          mortals: [...mortals, await service('shop'), await service('shop')],
          survivors: [...accessTokens([await person('alice', 'kiosk')]), await service('job')],
          throwIt: () => operator.throwSwitch({ client: 'shop' }),
          newborn: () => service('shop'),
        };
      },
    },
    {
      ...{ name: 'API', by: 'operator', isGlobal: false },
      async round() {
        return {
          mortals: await someOfAll(),
          survivors: [await service('job', stock)],
          throwIt: () => operator.throwSwitch({ api: orders }),
          newborn: () => service('job'),
        };
      },
    },
    {
      ...{ name: 'signing key', by: 'operator', isGlobal: true },
      // The next key is made and published within a second; the one after that shall be there, too.
      restMs: 3000,
      async round() {
        const mortals = await someOfAll();
        return {
          mortals,
          survivors: [ofOlderKey],
          throwIt: () => operator.throwSwitch({ key: keyOf(mortals[0]) }),
          newborn: () => service('job'),
        };
      },
    },
    {
      ...{ name: 'everything', by: 'operator', isGlobal: true },
      async round() {
        return {
          mortals: await someOfAll(),
          survivors: [],
          throwIt: () => operator.throwSwitch({ everything: true }),
          newborn: () => service('job'),
        };
      },
    },
    {
      ...{ name: 'everything before', by: 'operator', isGlobal: true },
      async round() {
        const mortals = await someOfAll();
        const before = Math.floor(Date.now() / 1000 + 1) * 1000;
        await sleep(before - Date.now() + 5);
        return {
          mortals,
          survivors: await someOfAll(),
          throwIt: () => operator.throwSwitch({ everything: true, before }),
          newborn: () => service('job'),
        };
      },
    },
  ];
}

/** RFC 7009, at this very node. */
async function revokeAt(url: string, token: string): Promise<number> {
  const authorization = basic('shop', secret);
  const { status, body } = await postForm(`${url}/revoke`, { token }, { authorization });
  const answeredAt = monotonicMs();
  if (status !== 200 || body.revoked !== true) throw new Error(`${status} ${JSON.stringify(body)}`);
  return answeredAt;
}
