/**
 * Keys that are revoked at one node by their API: what the other node says in the next request, and how long a
 * token that was made from the key is still taken by a verifier that does not ask.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createVerifier, VerifierError } from '../../../src/verifier/index.ts';
import { postForm } from '../../support/flows.ts';
import { asOrders, orders } from './configuration.ts';
import type { Row } from './report.ts';
import type { Stage } from './stage.ts';

/** From the answer to the refusal. Milliseconds. */
const promiseMs = 2000;
/** A token that is not refused by then never will be. */
const patienceMs = 10_000;
const lookEveryMs = 4;

export async function revokeKeys(stage: Stage, rounds: number): Promise<Row[]> {
  const { issuer, nodes, newKey, verdict, tokens } = stage;
  const verifier = createVerifier({ issuer, audience: orders });
  const refusalOf = (token: string) =>
    verifier.verify(token).then(
      () => undefined,
      (error) => (error instanceof VerifierError ? error.code : String(error)),
    );
  const lasted: number[] = [];
  const wrong: string[] = [];
  let immediate = 0;
  for (let round = 0; round < rounds; round += 1) {
    const [at, other] = round % 2 === 0 ? nodes : [nodes[1], nodes[0]];
    const { key } = await newKey();
    const token = await exchange(at.url, key);
    tokens.push(token);
    // The other node knows the key as valid, and the verifier the token.
    const before = [await verdict(other, key), (await refusalOf(token)) ?? 'valid'];
    if (before.some((each) => each !== 'valid')) wrong.push(before.join());

    const revoked = await postForm(
      `${at.url}/revoke`,
      { token: key },
      { authorization: asOrders() },
    );
    const answeredAt = performance.now();
    const next = await verdict(other, key);
    if (next === 'revoked') immediate += 1;
    if (revoked.body.revoked !== true) wrong.push(`/revoke answered ${revoked.status}`);
    let refusal = await refusalOf(token);
    while (refusal === undefined && performance.now() - answeredAt < patienceMs) {
      await sleep(lookEveryMs);
      refusal = await refusalOf(token);
    }
    if (refusal !== 'revoked') wrong.push(refusal ?? 'never refused');
    lasted.push(performance.now() - answeredAt);
  }
  await verifier.close();

  lasted.sort((left, right) => left - right);
  const p50 = lasted[Math.floor(lasted.length / 2)] ?? Number.NaN;
  const max = lasted.at(-1) ?? Number.NaN;
  return [
    {
      must: 'a key revoked at one node is refused by the other in the next request',
      seen: `${immediate} of ${rounds}`,
      isGood: immediate === rounds,
    },
    {
      must: `its JWT is refused offline within ${promiseMs} ms`,
      seen: `p50 ${p50.toFixed(0)} ms, max ${max.toFixed(0)} ms; wrong: ${wrong.join('; ') || 0}`,
      isGood: max <= promiseMs && wrong.length === 0,
    },
  ];
}

async function exchange(url: string, key: string): Promise<string> {
  const { status, body } = await postForm(`${url}/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:cardea:token-type:api_key',
    subject_token: key,
  });
  if (typeof body.access_token !== 'string') throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.access_token;
}
