/**
 * `cardea revoke`: the kill switches. They take effect at once and on every node. A revocation is stored until
 * everything that it revokes would have expired.
 */
import type { Command } from 'commander';
import { CardeaError } from '../errors.ts';
import { indexedKinds } from '../storage/artifacts.ts';
import {
  looksLikeJwt,
  type NamedRevocation,
  type RevocationOutcome,
  type RevocationTarget,
  revocationOf,
} from '../tokens/room.ts';
import { type OperatorContext, withChanges } from './context.ts';
import { remarkOnSecrets } from './records/client_view.ts';
import { findUser } from './records/find_user.ts';
import { lookAtStatusLists } from './records/revocation_effect.ts';
import {
  describeCounts,
  describeEffect,
  describePromise,
  totalOf,
} from './records/revocation_text.ts';
import { UsageError } from './terminal/failures.ts';
import { type ConfirmOptions, confirm, readBearer } from './terminal/input.ts';
import { parseInstant } from './terminal/instant_option.ts';
import { destructive, type OutputOptions, print } from './terminal/output.ts';

type Options = OutputOptions & ConfirmOptions & { reason?: string };
/** Each is carried out before the next one is requested. */
type Find = (
  context: OperatorContext,
) => Promise<NamedRevocation> | AsyncGenerator<NamedRevocation>;

const mostGrants = 100;

export function register(command: Command): void {
  switchCommand(
    command,
    'user <user>',
    'all sessions, grants and tokens of a user (API keys only with --keys)',
  )
    .option('--keys', "with all the user's API keys")
    .action(user);
  switchCommand(command, 'client <client-id>', 'all grants and tokens of a client').action(client);
  switchCommand(command, 'grant [id]', "a user's consent given to a client, and its tokens")
    .option('--user <user>', 'in place of the id, with --client')
    .option('--client <client-id>', 'in place of the id, with --user')
    .action(grant);
  switchCommand(
    command,
    'token [token]',
    'one token (- or none: from stdin); with a refresh token or code, everything issued from it',
  ).action(token);
  switchCommand(command, 'api <identifier>', 'all access tokens for an API (API keys stay)').action(
    api,
  );
  switchCommand(
    command,
    'api-key <id>',
    'an API key (by id; - for the key itself, from stdin) and every token it was exchanged for',
  ).action(revokeApiKey);
  switchCommand(
    command,
    'project <project>',
    'all API keys of a project, and every token they were exchanged for',
  ).action(project);
  switchCommand(command, 'signing-key <kid>', 'a signing key and everything it signed').action(
    revokeSigningKey,
  );
  switchCommand(
    command,
    'everything',
    'all tokens and sessions of everyone, or only older ones (API keys stay)',
  )
    .option(
      '--before <instant>',
      'only what was issued before this time, for example 2031-05-04T10:20:30Z',
    )
    .action(everything);
}

/** A command for one kill switch. */
export function switchCommand(parent: Command, usage: string, summary: string): Command {
  return destructive(parent, usage, summary).option('--reason <text>', 'for the audit trail');
}

/** Also `cardea keys revoke`. */
export async function revokeSigningKey(kid: string, options: Options): Promise<void> {
  const question = `Revoke the signing key ${kid}? Every token that it signed becomes invalid.`;
  await carryOut(options, question, async (context) => {
    const lists = await Promise.all((await context.keyrings()).map((keyring) => keyring.list()));
    if (!lists.flat().some((key) => key.kid === kid)) {
      throw notFound('signing key. To see all: cardea keys list');
    }
    return revocationOf.signingKey(kid);
  });
}

/** Also `cardea api-keys revoke`. */
export async function revokeApiKey(idOrKey: string, options: Options): Promise<void> {
  await carryOut(
    options,
    'Revoke this API key and every token it was exchanged for?',
    async (context) => {
      const { findKey } = await import('./records/find_key.ts');
      const { auditFieldsOf } = await import('../api_keys/room.ts');
      const record = await findKey(context, idOrKey);
      return revocationOf.apiKey(record, auditFieldsOf(record));
    },
  );
}

async function user(
  name: string,
  { keys, ...options }: Options & { keys?: boolean },
): Promise<void> {
  const what = `all sessions, grants and tokens${keys ? ', and all API keys,' : ''}`;
  await carryOut(options, `Revoke ${what} of ${name}?`, async (context) => {
    const { id } = await findUser(context, name);
    return revocationOf.user(id, { apiKeys: keys });
  });
}

async function project(name: string, options: Options): Promise<void> {
  await carryOut(
    options,
    `Revoke all API keys of ${name} and every token they were exchanged for?`,
    async ({ projects }) => {
      return revocationOf.project(await (await projects()).get(name));
    },
  );
}

async function client(clientId: string, options: Options): Promise<void> {
  await carryOut(
    options,
    `Revoke all grants and tokens of ${clientId}?`,
    async ({ store, clock }) => {
      const record = await store.clients.find(clientId);
      if (!record) throw notFound('client. To see all: cardea clients list');
      remarkOnSecrets(record, clock.now());
      return revocationOf.client(clientId);
    },
  );
}

async function grant(
  id: string | undefined,
  { user: name, client: clientId, ...options }: Options & { user?: string; client?: string },
): Promise<void> {
  const byId = id !== undefined;
  if (byId ? name || clientId : !name || !clientId) {
    throw new UsageError('give an id, or --user and --client');
  }
  await carryOut(options, 'Revoke this grant and all of its tokens?', async function* (context) {
    const { artifacts } = context.store;
    const owner = byId ? undefined : await findUser(context, name ?? '');
    const find = () =>
      owner
        ? artifacts.findGrant(owner.id, clientId ?? '', context.clock.now())
        : artifacts.find(indexedKinds.grant, id ?? '', context.clock.now());
    let found = await find();
    if (!found) throw notFound('grant');
    // There can be several: two concurrent sign-ins create one each.
    for (let count = 0; found && count < mostGrants; count += 1) {
      yield revocationOf.grant(found);
      found = await find();
    }
  });
}

async function api(identifier: string, options: Options): Promise<void> {
  await carryOut(options, `Revoke all access tokens for ${identifier}?`, async ({ apis }) => {
    if (!apis.find(identifier)) throw notFound('API.');
    return revocationOf.api(identifier);
  });
}

async function everything({ before, ...options }: Options & { before?: string }): Promise<void> {
  const instant = before === undefined ? undefined : { at: parsePast(before), text: before };
  const what = before === undefined ? 'everything' : `everything issued before ${before}`;
  await carryOut(options, `Revoke ${what}, for all users and clients?`, async () =>
    revocationOf.everything(instant),
  );
}

/** Must be in the past, as later tokens are not known yet. */
function parsePast(text: string): number {
  const instant = parseInstant('--before', text);
  if (instant > Date.now()) throw new UsageError('--before lies in the future');
  return instant;
}

async function token(argument: string | undefined, options: Options): Promise<void> {
  const value = await readBearer(argument);
  await carryOut(options, 'Revoke this token?', (context) =>
    looksLikeJwt(value) ? findJwt(context, value) : findStored(context, value),
  );
}

async function findJwt(context: OperatorContext, value: string): Promise<NamedRevocation> {
  const { openTokenReading } = await import('../app/token_reading.ts');
  const { reader } = await openTokenReading(context.config, context);
  const read = await reader.read(value);
  if (!read) throw notFound('valid token. To see why: cardea inspect');
  return revocationOf.accessToken(read);
}

async function findStored(context: OperatorContext, value: string): Promise<NamedRevocation> {
  const { findToken } = await import('../inspection/room.ts');
  const { familyEndingWith } = await import('../oidc/room.ts');
  const found = await findToken(context.store.artifacts, value, context.clock.now());
  if (!found) throw notFound('live token');
  return revocationOf.storedToken(found, familyEndingWith(found));
}

/** Finds the target, asks for confirmation, revokes, and reports the result and what verifiers see of it. */
async function carryOut(
  { reason, yes = false, ...options }: Options,
  question: string,
  find: Find,
): Promise<void> {
  const { effectiveWithin, counts, effect } = await withChanges(options, async (context) => {
    const { killSwitches } = await context.switches();
    const thrown: { target: RevocationTarget; outcome: RevocationOutcome }[] = [];
    const found = find(context);
    for await (const { target, order } of found instanceof Promise ? [await found] : found) {
      if (thrown.length === 0) await confirm(question, { yes });
      const whole = { ...context.operator, ...order, reason };
      thrown.push({ target, outcome: await killSwitches.throwSwitch(target, whole) });
    }
    const outcomes = thrown.map(({ outcome }) => outcome);
    const effectiveWithin = Math.max(0, ...outcomes.map((outcome) => outcome.effectiveWithin));
    // Counting can take a while, and it is in effect without.
    if (!options.json) print(effectiveWithin, options, describePromise);
    const listed = thrown.flatMap(({ target }) =>
      'token' in target && target.status ? [target.status] : [],
    );
    const effect = await lookAtStatusLists(context, {
      ...{ listed, effectiveWithin },
      marked: outcomes.map(({ marked }) => marked),
    });
    const counts = totalOf(await Promise.all(outcomes.map(({ finished }) => finished)));
    return { effectiveWithin, counts, effect };
  });
  const result = {
    revoked: true,
    effective_within: effectiveWithin,
    tokens: counts.tokens,
    client_blocks: counts.clientBlocks,
    records: counts.records,
    api_keys: counts.keys,
    status_lists: effect,
  };
  print(result, options, () => `${describeCounts(counts)}\n${describeEffect(effect)}`);
}

function notFound(what: string): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: `No such ${what}` });
}
