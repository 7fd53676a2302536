/**
 * How clients are shown to operators.
 */

import { iso } from '../../clock.ts';
import type { Declared } from '../../declaration/room.ts';
import { fingerprintBehind } from '../../digests.ts';
import type { ClientRecord, ClientUses } from '../../storage/clients.ts';
import { card, instant, remark } from '../terminal/output.ts';
import { declaredText } from './declared.ts';

/** A client for display. Of its secrets, only their fingerprints and times. `uses`: absent where it was never used. */
export function describeClient(record: ClientRecord, uses?: ClientUses) {
  return {
    client_id: record.clientId,
    metadata: record.metadata,
    bounds: record.bounds,
    source: record.source,
    disabled_at: iso(record.disabledAt),
    secrets: record.secretHashes.map(({ hash, createdAt, expiresAt }) => ({
      fingerprint: fingerprintBehind(hash),
      created_at: iso(createdAt),
      expires_at: iso(expiresAt),
      last_used_at: iso(uses?.secrets[hash]),
    })),
    last_used_at: iso(uses?.lastUsedAt),
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
  };
}

export function renderClient({
  declared = 'no',
  ...client
}: ReturnType<typeof describeClient> & { declared?: Declared }): string {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const members = Object.entries(client.metadata).map(([name, value]) => [name, text(value)]);
  const bounds = Object.entries(client.bounds ?? {}).map(([name, value]) => [
    `${name} (operator)`,
    text(value),
  ]);
  return card({
    client_id: client.client_id,
    ...Object.fromEntries([...members, ...bounds]),
    ...Object.fromEntries(
      client.secrets.map((secret) => [`secret ${secret.fingerprint}`, timesOf(secret)]),
    ),
    'last used': instant(client.last_used_at),
    source: client.source,
    declared: declared === 'no' ? undefined : declaredText(declared),
    disabled: instant(client.disabled_at),
    created: instant(client.created_at),
    updated: instant(client.updated_at),
  });
}

function timesOf(secret: ReturnType<typeof describeClient>['secrets'][number]): string {
  const { created_at: since, expires_at: until, last_used_at: used } = secret;
  return [
    `since ${instant(since)}`,
    ...(until ? [`until ${instant(until)}`] : []),
    used ? `last used ${instant(used)}` : 'not used yet',
  ].join(', ');
}

/** Empty for a client without a secret. */
export function secretLine(secret: string | undefined): string {
  return secret ? `client_secret  ${secret}\n(shown only once)` : '';
}

/** A start never restores a rotated secret (see clients/declared_clients.ts), but another one in the file would win. */
export function remarkOnDeclaredSecret(source: ClientRecord['source']): void {
  if (source !== 'file') return;
  remark(
    'The declarative file declares this client: put the new secret there. A restart with the old secret in it does not restore the old one.',
  );
}

/** Revoking tokens leaves the secrets valid: whoever has one can get new tokens. */
export function remarkOnSecrets({ clientId, secretHashes }: ClientRecord, now: number): void {
  const living = secretHashes.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  if (living.length === 0) return;
  const ends = living.map(({ createdAt, expiresAt }) =>
    expiresAt === undefined
      ? `the one created ${instant(iso(createdAt))} does not expire`
      : `the one created ${instant(iso(createdAt))} is valid until ${instant(iso(expiresAt))}`,
  );
  const secrets = `Its ${living.length === 1 ? 'secret stays' : `${living.length} secrets stay`} valid`;
  const remedy = `If one leaked: cardea clients rotate-secret ${clientId} --overlap 0`;
  remark(`${secrets}: ${ends.join('; ')}. ${remedy}`);
}
