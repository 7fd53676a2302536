/**
 * `cardea revoke`: ends what is named, at once and on every node. The record of it lives as long as
 * anything that it ends could have.
 */
import type { Command } from 'commander';
import type { AuditEventType } from '../audit/events.ts';
import { CardeaError } from '../errors.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import { looksLikeJwt } from '../tokens/access_token_reader.ts';
import type { RevocationTarget } from '../tokens/revocations.ts';
import { type OperatorContext, withContext } from './context.ts';
import { UsageError } from './failures.ts';
import { findUser } from './find_user.ts';
import { readBearer } from './input.ts';
import { revokeSigningKey } from './keys.ts';
import { type OutputOptions, print, subcommand } from './output.ts';

export function register(command: Command): void {
  subcommand(command, 'user <user>', 'all sessions, grants and tokens of a user').action(user);
  subcommand(command, 'client <client-id>', 'all grants and tokens of a client').action(client);
  subcommand(command, 'grant [id]', "a user's consent given to a client, and its tokens")
    .option('--user <user>', 'in place of the id, with --client')
    .option('--client <client-id>', 'in place of the id, with --user')
    .action(grant);
  subcommand(
    command,
    'token [token]',
    'one token (- or none: from stdin); a refresh token with its family',
  ).action(token);
  subcommand(command, 'signing-key <kid>', 'the same as cardea keys revoke')
    .option('--reason <text>', 'for the audit trail')
    .action(revokeSigningKey);
}

async function user(name: string, options: OutputOptions): Promise<void> {
  const id = await withContext(async (context) => {
    const { id: userId } = await findUser(context.store.users, name);
    await end(context, { accountId: userId }, 'revocation.user', { userId });
    return userId;
  });
  done({ user_id: id }, options);
}

async function client(clientId: string, options: OutputOptions): Promise<void> {
  await withContext(async (context) => {
    if (!(await context.store.clients.find(clientId))) throw notFound('client');
    await end(context, { clientId }, 'revocation.client', { clientId });
  });
  done({ client_id: clientId }, options);
}

type GrantOptions = OutputOptions & { user?: string; client?: string };

async function grant(
  id: string | undefined,
  { user: name, client: clientId, ...options }: GrantOptions,
) {
  const grantId = await withContext(async (context) => {
    const { artifacts, users } = context.store;
    const now = context.clock.now();
    const found = await (async () => {
      if (id !== undefined) return artifacts.find('Grant', id, now);
      if (!name || !clientId) throw new UsageError('give an id, or --user and --client');
      const { id: userId } = await findUser(users, name);
      return artifacts.findByAccountAndClient('Grant', userId, clientId, now);
    })();
    if (!found) throw notFound('grant');
    const about = {
      userId: found.accountId,
      clientId: found.clientId,
      details: { grant_id: found.id },
    };
    await end(context, { grantId: found.id }, 'revocation.grant', about);
    return found.id;
  });
  done({ grant_id: grantId }, options);
}

async function token(argument: string | undefined, options: OutputOptions): Promise<void> {
  const value = await readBearer(argument);
  await withContext((context) =>
    looksLikeJwt(value) ? endJwt(context, value) : endStored(context, value),
  );
  done({}, options);
}

async function endJwt(context: OperatorContext, value: string): Promise<void> {
  const { openJwtTools } = await import('./token_reader.ts');
  const { reader } = await openJwtTools(context);
  const read = await reader.read(value);
  if (!read) throw notFound('live token (cardea inspect tells why)');
  const { jti, exp, client_id } = read.claims;
  await end(context, { token: jti, expiresAt: exp * 1000 }, 'revocation.token', {
    userId: read.accountId,
    clientId: client_id,
    details: { jti },
  });
}

async function endStored(context: OperatorContext, value: string): Promise<void> {
  const { findToken } = await import('./token_lookup.ts');
  const { artifacts } = context.store;
  const found = await findToken(artifacts, value, context.clock.now());
  if (!found) throw notFound('live token');
  const { kind, id, familyId, accountId, clientId } = found.artifact;
  const about = { userId: accountId, clientId, details: { kind } };
  if (kind === 'RefreshToken' && familyId) {
    await end(context, { familyId }, 'revocation.family', about);
    return;
  }
  await artifacts.remove(kind, id);
  await context.audit.record({
    type: 'revocation.token',
    outcome: 'success',
    ...context.operator,
    ...about,
  });
}

async function end(
  { revocations, audit, operator }: OperatorContext,
  target: RevocationTarget,
  type: AuditEventType,
  about: Pick<AuditEvent, 'userId' | 'clientId' | 'details'>,
): Promise<void> {
  await (await revocations()).revoke(target);
  await audit.record({ type, outcome: 'success', ...operator, ...about });
}

function done(what: Record<string, string>, options: OutputOptions): void {
  print({ revoked: true, ...what }, options, () => 'Revoked.');
}

function notFound(what: string): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: `There is no such ${what}.` });
}
