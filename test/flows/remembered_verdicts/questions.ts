/** Everything that can be asked about a credential, on both nodes, and what the model says to it. */
import assert from 'node:assert/strict';
import { basic } from '../../support/flows.ts';
import { introspect } from '../../support/holder.ts';
import { type Cast, postUntilServed } from './cast.ts';
import { apiSecret, introspectors, orders } from './configuration.ts';
import { type Credential, credentialsIn, isAlive, scopeLeft, secretsOf } from './facts.ts';

type Question = { about: string; ask(url: string): Promise<unknown>; expected: unknown };

const mostSecrets = 3;

/** Asks both nodes everything at once; answers what differs from the model, in words. */
export async function differences(cast: Cast): Promise<string[]> {
  const questions = [
    ...credentialsIn(cast.facts).flatMap((one) => questionsAbout(cast, one)),
    ...cast.clients.flatMap((client) => questionsAboutSecrets(cast, client)),
  ];
  const asked = [0, 1].flatMap((index) =>
    questions.map(async ({ about, ask, expected }) => {
      const answer = await ask(cast.stage.node(index).url).catch(String);
      const isSame = JSON.stringify(answer) === JSON.stringify(expected);
      const told = `${JSON.stringify(answer)} instead of ${JSON.stringify(expected)}`;
      return isSame ? [] : [`node ${index}: ${about}: ${told}`];
    }),
  );
  return (await Promise.all(asked)).flat();
}

function questionsAbout(cast: Cast, credential: Credential): Question[] {
  const { name, kind } = credential;
  const expected = isAlive(cast.facts, credential);
  const all: Question[] = [];
  if (kind !== 'refresh') {
    const about = `${name} at the gateway`;
    all.push(askAsApi(cast, credential, expected));
    all.push({ about, ask: (url) => passesGateway(url, credential), expected });
  }
  if (kind === 'key') {
    all.push({ about: `${name} verified`, ask: (url) => isValidKey(url, credential), expected });
  }
  return [...all, ...askAsOwner(cast, credential, expected)];
}

function askAsApi({ facts }: Cast, credential: Credential, expected: boolean): Question {
  const { name, value, api, scope } = credential;
  const caller = { clientId: introspectors[api] ?? '', secret: apiSecret };
  return {
    about: `${name} for its API`,
    async ask(url) {
      const { status, body } = await introspect(url, caller, value);
      assert.equal(status, 200, JSON.stringify(body));
      const words = scope && String(body.scope).split(' ').sort();
      return [body.active, body.active ? words : undefined];
    },
    expected: [expected, expected ? scopeLeft(facts, credential) : undefined],
  };
}

/** With the newest secret, and refused where that is no secret any more. */
function askAsOwner(
  { facts }: Cast,
  { name, value, client }: Credential,
  expected: boolean,
): Question[] {
  const [newest] = secretsOf(facts, client ?? '');
  if (client === undefined || !newest) return [];
  return [
    {
      about: `${name} for its client`,
      async ask(url) {
        const { status, body } = await introspect(
          url,
          { clientId: client, secret: newest.secret },
          value,
        );
        return status === 200 ? body.active : status;
      },
      expected: newest.isValid ? expected : 401,
    },
  ];
}

function questionsAboutSecrets({ facts }: Cast, client: string): Question[] {
  return secretsOf(facts, client)
    .slice(0, mostSecrets)
    .map(({ secret, isValid }, age) => ({
      about: `secret ${age} of ${client}`,
      async ask(url) {
        const fields = { grant_type: 'client_credentials', resource: orders };
        const headers = { authorization: basic(client, secret) };
        return (await postUntilServed(`${url}/token`, fields, headers)).status;
      },
      expected: isValid ? 200 : 401,
    }));
}

async function passesGateway(url: string, { value, api }: Credential): Promise<boolean | number> {
  const query = new URLSearchParams({ api });
  const headers = {
    authorization: `Bearer ${value}`,
    'cardea-gateway-authorization': basic(introspectors[api] ?? '', apiSecret),
  };
  const answer = await fetch(`${url}/forward-auth?${query}`, { headers });
  await answer.body?.cancel();
  return answer.status === 200 || (answer.status === 401 ? false : answer.status);
}

async function isValidKey(url: string, { value, api }: Credential): Promise<unknown> {
  const answer = await fetch(`${url}/api-keys/verify`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: basic(introspectors[api] ?? '', apiSecret),
    },
    body: JSON.stringify({ key: value }),
  });
  return ((await answer.json()) as { valid?: boolean }).valid;
}
