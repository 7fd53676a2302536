/**
 * `cardea inspect`: what a token is, whether it is valid, and if not, why. Shows everything that the token and the
 * store say about it, and changes nothing.
 */
import type { Command } from 'commander';
import { type OperatorContext, withContext } from './context.ts';
import { readBearer } from './terminal/input.ts';
import { card, instant, type OutputOptions, print, withJson } from './terminal/output.ts';

export type Check = { name: string; ok: boolean; detail: string };

export type Inspection = {
  /** For people: `JWT access token (RFC 9068)`. */
  kind: string;
  /** Whether Cardea accepts it at the moment. */
  valid: boolean;
  header?: Record<string, unknown>;
  /** The token's own claims, or its record's. */
  claims: Record<string, unknown>;
  checks: Check[];
};

export function register(command: Command): void {
  withJson(command)
    .argument('[token]', 'the token; - or none: from stdin, out of sight of other processes')
    .addHelpText('after', '\nThe exit code is 1 for a token that is not good.')
    .action(inspect);
}

async function inspect(argument: string | undefined, options: OutputOptions): Promise<void> {
  const value = await readBearer(argument);
  const inspection = await withContext(async (context) => {
    const { inspectApiKey } = await import('./inspection/inspect_api_key.ts');
    const { inspectJwt } = await import('./inspection/inspect_jwt.ts');
    return (
      (await inspectApiKey(context, value)) ??
      (await inspectJwt(context, value)) ??
      inspectStored(context, value)
    );
  });
  print(inspection, options, render);
  if (!inspection.valid) process.exitCode = 1;
}

async function inspectStored(context: OperatorContext, value: string): Promise<Inspection> {
  const { findToken } = await import('./inspection/token_lookup.ts');
  const { linksOf } = await import('../oidc/room.ts');
  const { artifacts } = context.store;
  const found = await findToken(artifacts, value, context.clock.now());
  if (!found) {
    const detail = 'It is not a JWT, and nothing unexpired in the store has this value.';
    const checks = [{ name: 'known', ok: false, detail }];
    return { kind: 'unknown', valid: false, claims: {}, checks };
  }
  const { artifact, name } = found;
  const { payload, familyId, grantId, clientId, accountId, consumedAt, expiresAt } = artifact;
  const issuedAt = Number(payload.iat) * 1000;
  const { revocations } = await context.switches();
  const links = linksOf(artifact);
  const revoked = links !== undefined && (await revocations.isRevoked(links));
  const spent = consumedAt === undefined ? '' : new Date(consumedAt).toISOString();
  const checks = [
    { name: 'expiry', ok: true, detail: `valid until ${new Date(expiresAt).toISOString()}` },
    { name: 'unused', ok: !spent, detail: spent ? `used at ${spent}` : 'not used yet' },
    { name: 'revocation', ok: !revoked, detail: revoked ? 'revoked' : 'not revoked' },
  ];
  return {
    kind: name,
    valid: checks.every(({ ok }) => ok),
    claims: {
      client_id: clientId,
      user_id: accountId,
      scope: payload.scope,
      aud: payload.aud ?? payload.resource,
      grant_id: grantId,
      family_id: familyId,
      issued_at: new Date(issuedAt).toISOString(),
      expires_at: new Date(expiresAt).toISOString(),
    },
    checks,
  };
}

function render({ kind, valid, header, claims, checks }: Inspection): string {
  const section = (title: string, members: Record<string, unknown>) => {
    const texts = Object.entries(members).map(([name, value]) => [name, describe(name, value)]);
    return `${title}\n${indent(card(Object.fromEntries(texts)))}`;
  };
  const verdicts = checks.map(({ name, ok, detail }) => [name, `${ok ? 'ok' : 'NO'}  ${detail}`]);
  return [
    `${kind}: ${valid ? 'valid' : 'NOT valid'}`,
    ...(header ? [section('Header', header)] : []),
    ...(Object.keys(claims).length > 0 ? [section('Claims', claims)] : []),
    section('Checks', Object.fromEntries(verdicts)),
  ].join('\n\n');
}

const instants = new Set(['exp', 'iat', 'nbf', 'auth_time']);

function describe(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (instants.has(name) && typeof value === 'number' && Math.abs(value) < 8e12) {
    return `${value} (${instant(new Date(value * 1000).toISOString())})`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
