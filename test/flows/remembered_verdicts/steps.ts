/** What may happen, in any order. */
import * as fc from 'fast-check';
import type { Cast } from './cast.ts';
import {
  disableApiKey,
  enableApiKeys,
  restartNode,
  restrictClient,
  rotateApiKey,
  rotateSecret,
  toggleClient,
  toggleProject,
  toggleUser,
} from './changing.ts';
import { revokeToken, switches, throwSwitch } from './ending.ts';
import {
  createApiKey,
  exchangeApiKey,
  exchangeToken,
  issueServiceToken,
  signIn,
} from './issuing.ts';

export type Step = {
  act: string;
  /** Which of those that are there. */
  which: number;
  node: number;
  /** The other form of the same. */
  more: boolean;
  /** Whether questions are under way meanwhile. */
  isRaced: boolean;
  /** Whether it is looked at afterwards: what nobody has asked about is not remembered yet when the next one comes. */
  isWatched: boolean;
};

type Act = (cast: Cast, step: Step) => Promise<void>;

/** With how often it comes, beside the others. */
const weighted: Record<string, [weight: number, act: Act]> = {
  'issue a service token': [10, issueServiceToken],
  'exchange a token': [6, exchangeToken],
  'create an API key': [4, createApiKey],
  'exchange an API key': [5, exchangeApiKey],
  'sign in': [4, signIn],
  'revoke a token': [5, revokeToken],
  ...Object.fromEntries(
    Object.keys(switches).map((name): [string, [number, Act]] => [
      `revoke ${name}`,
      [1, throwSwitch(name)],
    ]),
  ),
  'toggle a client': [4, toggleClient],
  'rotate a secret': [3, rotateSecret],
  'restrict a client': [3, restrictClient],
  'toggle the user': [2, toggleUser],
  'toggle the project': [2, toggleProject],
  'disable an API key': [2, disableApiKey],
  'enable API keys': [2, enableApiKeys],
  'rotate an API key': [2, rotateApiKey],
  'restart a node': [1, restartNode],
};

export async function take(cast: Cast, step: Step): Promise<void> {
  await weighted[step.act]?.[1](cast, step);
}

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    act: fc.oneof(
      ...Object.entries(weighted).map(([name, [weight]]) => ({
        weight,
        arbitrary: fc.constant(name),
      })),
    ),
    which: fc.nat(59),
    node: fc.nat(1),
    more: fc.boolean(),
    isRaced: fc.boolean(),
    isWatched: fc.boolean(),
  }),
  { minLength: 1, maxLength: 24, size: 'max' },
);
