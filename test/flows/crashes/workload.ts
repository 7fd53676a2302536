/**
 * Redemptions, refreshes and revocations, all at once, with a crash amid them; and what must hold when
 * everything runs again: nothing is spent twice, and nothing that was answered with success is lost.
 */
import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { fingerprint, sha256 } from '../../../src/digests.ts';
import type { AuditStore } from '../../../src/storage/audit_events.ts';
import {
  type Answer,
  type AppSession,
  createAppSession,
  type Node,
  type TokenSet,
  tokensOf,
} from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { apiSecret, scope } from './configuration.ts';

export type Workload = {
  /** Does all of it; `crash` is called amid the work, until a request broke. Resolves when both are through. */
  run(crash: () => Promise<void>): Promise<void>;
  /** To be called when all nodes are ready again. Throws an AssertionError. */
  check(audit: Pick<AuditStore, 'list'>): Promise<void>;
  /** How many requests were answered and how many were not, or with a server error. */
  counts: { answered: number; broken: number };
  /** Every token that was handed out: its fingerprint in the audit trail, and when (milliseconds). */
  issued: { token: string; at: number }[];
};

/** Something that may be spent once. */
type Spendable = { what: string; spend(node: Node): Promise<Answer>; winners: TokenSet[] };
type Refreshing = { before: string; after: string | undefined };
type Revoking = { token: string; kind: 'access' | 'refresh'; acknowledged: boolean };

/** Of each kind of work. */
const pieces = 6;
/** Attempts at the same time to spend the same thing. */
const contenders = 4;
const concurrency = 12;

export async function prepareWorkload(issuer: string, nodes: readonly Node[]): Promise<Workload> {
  const strict = createAppSession({ issuer, clientId: 'strict-app', scope });
  const patient = createAppSession({ issuer, clientId: 'patient-app', scope });
  const counts = { answered: 0, broken: 0 };
  const issued: Workload['issued'] = [];
  let turn = 0;
  const nextNode = (): Node => {
    turn += 1;
    return nodes[turn % nodes.length] ?? { url: issuer };
  };

  /** Undefined: no answer that says what happened. */
  const attempt = async (ask: (node: Node) => Promise<Answer>): Promise<Answer | undefined> => {
    const answer = await ask(nextNode()).catch(() => undefined);
    const known = answer && answer.status < 500 ? answer : undefined;
    counts[known ? 'answered' : 'broken'] += 1;
    if (known?.body.access_token) {
      const { jti } = decodeJwt(String(known.body.access_token));
      issued.push({ token: fingerprint(String(jti)), at: performance.now() });
    }
    return known;
  };
  const isActive = async (token: string) => {
    const authorization = basic('orders-api', apiSecret);
    const { url } = nextNode();
    return (await postForm(`${url}/introspect`, { token }, { authorization })).body.active;
  };
  const many = async <T>(make: () => Promise<T>): Promise<T[]> => {
    const made: T[] = [];
    for (let index = 0; index < pieces; index += 1) made.push(await make());
    return made;
  };

  // The first one signs in; the session is there for the others.
  await strict.newCode();
  await patient.newCode();
  const spendableCode = async (app: AppSession): Promise<Spendable> => {
    const code = await app.newCode();
    return { what: 'a code', spend: (node) => app.redeem(node, code), winners: [] };
  };
  const spendableToken = async (): Promise<Spendable> => {
    const { refreshToken } = await strict.newTokens(nextNode());
    const spend = (node: Node) => strict.refresh(node, refreshToken);
    return { what: 'a refresh token', spend, winners: [] };
  };
  const revocable = (kind: Revoking['kind']) => async (): Promise<Revoking> => {
    const { accessToken, refreshToken } = await patient.newTokens(nextNode());
    return { token: kind === 'access' ? accessToken : refreshToken, kind, acknowledged: false };
  };
  const [contested, quiet, refreshes, revocations] = await Promise.all([
    Promise.all([many(() => spendableCode(strict)), many(spendableToken)]),
    many(() => spendableCode(patient)),
    many(async (): Promise<Refreshing> => {
      const { refreshToken } = await patient.newTokens(nextNode());
      return { before: refreshToken, after: undefined };
    }),
    Promise.all([many(revocable('access')), many(revocable('refresh'))]),
  ]);

  const spend = async (thing: Spendable) => {
    const answer = await attempt(thing.spend);
    if (answer?.status === 200) thing.winners.push(tokensOf(answer));
    else if (answer) assert.equal(answer.body.error, 'invalid_grant');
  };
  const contest = (thing: Spendable) =>
    Promise.all(Array.from({ length: contenders }, () => spend(thing)));
  const refresh = async (refreshing: Refreshing) => {
    const answer = await attempt((node) => patient.refresh(node, refreshing.before));
    if (answer) refreshing.after = tokensOf(answer).refreshToken;
  };
  const revoke = async (revoking: Revoking) => {
    const answer = await attempt((node) => patient.revoke(node, revoking.token));
    if (answer) assert.equal(answer.status, 200);
    revoking.acknowledged = answer?.body.revoked === true;
  };

  const jobs = interleave<() => Promise<unknown>>([
    contested.flat().map((thing) => () => contest(thing)),
    quiet.map((thing) => () => spend(thing)),
    refreshes.map((refreshing) => () => refresh(refreshing)),
    revocations.flat().map((revoking) => () => revoke(revoking)),
  ]);

  return {
    ...{ counts, issued },

    async run(crash) {
      const amid = Math.floor(jobs.length / 3);
      let crashing: Promise<void> | undefined;
      let done = 0;
      const work = async () => {
        for (let job = jobs.shift(); job; job = jobs.shift()) {
          await job();
          done += 1;
          // One that no request happened to feel is no crash amid the work.
          if (done < amid || counts.broken > 0 || crashing) continue;
          crashing = crash().finally(() => {
            crashing = undefined;
          });
        }
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      await crashing;
    },

    async check(audit) {
      for (const thing of contested.flat()) {
        await spend(thing);
        await spend(thing);
        assert.ok(
          thing.winners.length <= 1,
          `${thing.what} was spent ${thing.winners.length} times`,
        );
        for (const { accessToken, refreshToken } of thing.winners) {
          assert.equal(await isActive(accessToken), false, `${thing.what} was replayed`);
          const again = await strict.refresh(nextNode(), refreshToken);
          assert.equal(again.body.error, 'invalid_grant');
        }
      }
      for (const { winners } of quiet) {
        for (const { accessToken, refreshToken } of winners) {
          assert.equal(await isActive(accessToken), true, 'an access token that was handed out');
          tokensOf(await patient.refresh(nextNode(), refreshToken));
        }
      }
      for (const { before, after } of refreshes) {
        // Without an answer the client asks again, and must not be signed out.
        const held = after ?? tokensOf(await patient.refresh(nextNode(), before)).refreshToken;
        tokensOf(await patient.refresh(nextNode(), held));
      }
      const events = await audit.list({ limit: 1000, type: 'token.revoked' });
      const recorded = new Set(events.map(({ details }) => details?.token));
      for (const { token, kind, acknowledged } of revocations.flat()) {
        if (!acknowledged) continue;
        const about = kind === 'access' ? String(decodeJwt(token).jti) : sha256(token);
        assert.ok(recorded.has(fingerprint(about)), `the event of a revoked ${kind} token`);
        if (kind === 'access') assert.equal(await isActive(token), false, 'a revoked access token');
        else {
          const { body } = await patient.refresh(nextNode(), token);
          assert.equal(body.error, 'invalid_grant', 'a revoked refresh token');
        }
      }
    },
  };
}

/** The first of each, the second of each, and so on. */
function interleave<T>(lists: readonly T[][]): T[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat();
}
