/**
 * `cardea revoke`: ends what is named, at once and on every node. The record of it lives as long as
 * anything that it ends could have.
 */
import type { Command } from 'commander';
import { CardeaError } from '../errors.ts';
import { looksLikeJwt } from '../tokens/access_token_reader.ts';
import type { Order, Outcome } from '../tokens/kill_switches.ts';
import type { RevocationTarget } from '../tokens/revocations.ts';
import { type OperatorContext, withContext } from './context.ts';
import { UsageError } from './failures.ts';
import { findUser } from './find_user.ts';
import { confirm, readBearer } from './input.ts';
import { type OutputOptions, print, subcommand } from './output.ts';

type Options = OutputOptions & { reason?: string };
type Revocation = { target: RevocationTarget; order: Order };

export function register(command: Command): void {
  switchCommand(command, 'user <user>', 'all sessions, grants and tokens of a user').action(user);
  switchCommand(command, 'client <client-id>', 'all grants and tokens of a client').action(client);
  switchCommand(command, 'grant [id]', "a user's consent given to a client, and its tokens")
    .option('--user <user>', 'in place of the id, with --client')
    .option('--client <client-id>', 'in place of the id, with --user')
    .action(grant);
  switchCommand(
    command,
    'token [token]',
    'one token (- or none: from stdin); a refresh token with its family',
  ).action(token);
  switchCommand(command, 'api <identifier>', 'all access tokens for an API').action(api);
  switchCommand(command, 'signing-key <kid>', 'a signing key and all that it signed').action(
    revokeSigningKey,
  );
  switchCommand(command, 'everything', 'all tokens and sessions of everybody, or the older ones')
    .option('--before <instant>', 'only what was issued before, for example 2031-05-04T10:20:30Z')
    .action(everything);
}

/** A command that throws a kill switch. */
export function switchCommand(parent: Command, usage: string, summary: string): Command {
  return subcommand(parent, usage, summary).option('--reason <text>', 'for the audit trail');
}

/** Also `cardea keys revoke`. */
export async function revokeSigningKey(kid: string, options: Options): Promise<void> {
  await confirm(`Revoke ${kid}? Every token that it signed is refused from then on.`);
  await carryOut(options, async (context) => {
    const lists = await Promise.all((await context.keyrings()).map((keyring) => keyring.list()));
    if (!lists.flat().some((key) => key.kid === kid)) {
      throw notFound('signing key (cardea keys list)');
    }
    const order: Order = { type: 'revocation.signing_key', details: { kid } };
    return { target: { keyId: kid }, order };
  });
}

async function user(name: string, options: Options): Promise<void> {
  await carryOut(options, async ({ store }) => {
    const { id: userId } = await findUser(store.users, name);
    return { target: { accountId: userId }, order: { type: 'revocation.user', userId } };
  });
}

async function client(clientId: string, options: Options): Promise<void> {
  await carryOut(options, async ({ store }) => {
    if (!(await store.clients.find(clientId))) throw notFound('client');
    return { target: { clientId }, order: { type: 'revocation.client', clientId } };
  });
}

async function grant(
  id: string | undefined,
  { user: name, client: clientId, ...options }: Options & { user?: string; client?: string },
): Promise<void> {
  await carryOut(options, async ({ store: { artifacts, users }, clock }) => {
    const find = async () => {
      if (id !== undefined) return artifacts.find('Grant', id, clock.now());
      if (!name || !clientId) throw new UsageError('give an id, or --user and --client');
      const { id: userId } = await findUser(users, name);
      return artifacts.findByAccountAndClient('Grant', userId, clientId, clock.now());
    };
    const found = await find();
    if (!found) throw notFound('grant');
    const about = { userId: found.accountId, clientId: found.clientId };
    const order: Order = { type: 'revocation.grant', ...about, details: { grant_id: found.id } };
    return { target: { grantId: found.id }, order };
  });
}

async function api(identifier: string, options: Options): Promise<void> {
  await carryOut(options, async ({ apis }) => {
    if (!apis.find(identifier)) throw notFound('API in the declarative file');
    return {
      target: { api: identifier },
      order: { type: 'revocation.api', details: { api: identifier } },
    };
  });
}

async function everything({ before, ...options }: Options & { before?: string }): Promise<void> {
  const instant = before === undefined ? undefined : parseInstant(before);
  const what = before === undefined ? 'Everything' : `Everything that was issued before ${before}`;
  await confirm(`${what} ends, for all users and clients. Go on?`);
  await carryOut(options, async () => ({
    target: { everything: true, before: instant },
    order: { type: 'revocation.everything', details: { before } },
  }));
}

/** Whole seconds, as `iat` has them; in the past, as later tokens are not known yet. */
function parseInstant(text: string): number {
  const instant = Date.parse(text);
  const isComplete = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isComplete || Number.isNaN(instant)) {
    throw new UsageError('--before is an instant such as 2031-05-04T10:20:30Z');
  }
  if (instant > Date.now()) throw new UsageError('--before lies in the future');
  return instant;
}

async function token(argument: string | undefined, options: Options): Promise<void> {
  const value = await readBearer(argument);
  await carryOut(options, (context) =>
    looksLikeJwt(value) ? findJwt(context, value) : findStored(context, value),
  );
}

async function findJwt(context: OperatorContext, value: string): Promise<Revocation> {
  const { openJwtTools } = await import('./token_reader.ts');
  const { reader } = await openJwtTools(context);
  const read = await reader.read(value);
  if (!read) throw notFound('live token (cardea inspect tells why)');
  const { jti, exp, client_id: clientId } = read.claims;
  return {
    target: { token: jti, expiresAt: exp * 1000, status: read.status },
    order: {
      type: 'revocation.token',
      ...{ userId: read.accountId, clientId },
      details: { jti },
    },
  };
}

async function findStored(context: OperatorContext, value: string): Promise<Revocation> {
  const { findToken } = await import('./token_lookup.ts');
  const found = await findToken(context.store.artifacts, value, context.clock.now());
  if (!found) throw notFound('live token');
  const { kind, id, familyId, accountId: userId, clientId, expiresAt } = found.artifact;
  const about = { userId, clientId, details: { kind } };
  return kind === 'RefreshToken' && familyId
    ? { target: { familyId }, order: { type: 'revocation.family', ...about } }
    : {
        target: { record: { kind, id }, expiresAt },
        order: { type: 'revocation.token', ...about },
      };
}

/** Finds what is meant, throws the switch, and says what it did. */
async function carryOut(
  { reason, ...options }: Options,
  find: (context: OperatorContext) => Promise<Revocation>,
): Promise<void> {
  const outcome = await withContext(async (context) => {
    const { target, order } = await find(context);
    const killSwitches = await context.killSwitches();
    return killSwitches.throwSwitch(target, { ...context.operator, ...order, reason });
  });
  const result = {
    revoked: true,
    effective_within: outcome.effectiveWithin,
    tokens: outcome.tokens,
    client_blocks: outcome.clientBlocks,
    records: outcome.records,
  };
  print(result, options, () => describe(outcome));
}

function describe({ effectiveWithin, tokens, clientBlocks, records }: Outcome): string {
  const counts = [
    tokens > 0 && `${tokens} JWT access tokens`,
    clientBlocks > 0 && `${clientBlocks} blocks of clients' own JWT access tokens`,
    records > 0 && `${records} stored records`,
  ].filter(Boolean);
  const ended = counts.length > 0 ? `${counts.join(', ')} ended. ` : '';
  return `Revoked. ${ended}Verifiers that follow the status lists refuse it within ${effectiveWithin} s.`;
}

function notFound(what: string): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: `There is no such ${what}.` });
}
