/** What ends credentials for good: a holder at /revoke, and an operator's switches. */
import assert from 'node:assert/strict';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { revoke } from '../../support/holder.ts';
import { by, type Cast } from './cast.ts';
import { notes, orders } from './configuration.ts';
import { type Credential, credentialsIn, type Fact, secretsOf } from './facts.ts';
import { livingOf } from './issuing.ts';
import type { Step } from './steps.ts';

export async function revokeToken(cast: Cast, step: Step): Promise<void> {
  const token = livingOf(cast, step, ({ client }) => client !== undefined);
  const [newest] = secretsOf(cast.facts, token?.client ?? '');
  if (!token?.client || !newest?.isValid) return;
  const caller = { clientId: token.client, secret: newest.secret };
  const { status, body } = await revoke(cast.stage.node(step.node).url, caller, token.value);
  assert.deepEqual([status, body.revoked], [200, true], token.name);
  const { kind, family, value } = token;
  cast.facts.push({ did: 'end', what: kind === 'refresh' ? { family } : { value } });
}

type Switch = (
  cast: Cast,
  some: Credential,
) => { target: RevocationTarget; fact: Fact } | undefined;

const end = (
  target: RevocationTarget,
  what: Extract<Fact, { did: 'end' }>['what'],
  of?: 'keys',
): ReturnType<Switch> => ({ target, fact: { did: 'end', what, ...(of && { of }) } });

export const switches: Record<string, Switch> = {
  family: (_, { family }) => (family ? end({ familyId: family }, { family }) : undefined),
  grant: (_, { grant }) => (grant ? end({ grantId: grant }, { grant }) : undefined),
  user: ({ user: { id } }) => end({ accountId: id }, { user: id }),
  'user with keys': ({ user: { id } }) => end({ accountId: id, keys: true }, { user: id }, 'keys'),
  client: (_, { client }) => (client ? end({ clientId: client }, { client }) : undefined),
  'API of JWTs': () => end({ api: orders }, { api: orders }),
  'API of opaque tokens': () => end({ api: notes }, { api: notes }),
  'API key': (_, { apiKey }) => (apiKey ? end({ apiKey }, { apiKey }, 'keys') : undefined),
  project: ({ project }) => end({ keysOfProject: project }, { project }, 'keys'),
  'signing key': (_, { signingKey }) =>
    signingKey ? end({ keyId: signingKey }, { signingKey }) : undefined,
  everything: () => ({ target: { everything: true }, fact: { did: 'end everything' } }),
  'everything before': (_, { issuedAt }) =>
    issuedAt === undefined
      ? undefined
      : {
          target: { everything: true, before: issuedAt },
          fact: { did: 'end everything', before: issuedAt },
        },
  // Of what is issued later nothing is older. (An instant in the future would be one of all later switches, too.)
  'everything before this second': () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    return {
      target: { everything: true, before },
      fact: { did: 'end everything', before },
    };
  },
};

/** About whatever credential the step names, alive or not. */
export function throwSwitch(name: keyof typeof switches) {
  return async (cast: Cast, { which }: Step): Promise<void> => {
    const known = credentialsIn(cast.facts);
    const some = known[which % known.length];
    const thrown = some && switches[name]?.(cast, some);
    if (!thrown) return;
    await cast.stage.killSwitches.throwSwitch(thrown.target, {
      ...by,
      type: 'revocation.everything',
    });
    cast.facts.push(thrown.fact);
  };
}
