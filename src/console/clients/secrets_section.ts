/**
 * The secrets of a client: which work, when each was last used, and so whether the old one may go.
 */
import { needsSecret } from '../../definitions/oauth.ts';
import type { ConsoleRequest } from '../page.ts';
import { exactTime } from '../parts/exact_time.ts';
import type { ObjectSection } from '../parts/object_page.ts';
import { show, type Value } from '../parts/values.ts';
import type { Client } from './shown_client.ts';

type Secret = Client['secrets'][number];

export function secretsSection(
  { secrets, token_endpoint_auth_method: method }: Client,
  { now }: Pick<ConsoleRequest, 'now'>,
): ObjectSection {
  return {
    title: 'Secrets',
    text: needsSecret(method)
      ? 'Only hashes are kept. A new secret is shown once, and the old one stays valid for an overlap. The fingerprint is the beginning and the end of the SHA-256 of the secret.'
      : 'It authenticates without a secret.',
    table: {
      columns: ['Fingerprint', 'State', 'Created', 'Ends', 'Last used'],
      rows: secrets.map((secret) => [
        show.code(secret.fingerprint),
        stateOf(secret, now),
        show.time(secret.created_at),
        show.time(secret.expires_at),
        show.time(secret.last_used_at),
      ]),
    },
  };
}

function stateOf({ expires_at: end }: Secret, now: number): Value {
  if (end === undefined) return show.status('Valid', 'good');
  return hasEnded(end, now) ? show.status('Ended', 'quiet') : show.status('Ending', 'warning');
}

/** What becomes of the secrets that a client has when it gets another one, as far as they work. */
export function fateOfSecrets({ secrets }: Client, now: number): readonly string[] {
  const [newest, ...older] = secrets.filter(({ expires_at: end }) => !(end && hasEnded(end, now)));
  return [
    'The new secret works at once, and is shown once.',
    ...(newest
      ? [`${nameOf(newest)} works for the overlap and ends then by itself. ${useOf(newest)}`]
      : []),
    ...older.map((secret) => `${nameOf(secret)} ends now. ${useOf(secret)}`),
  ];
}

function nameOf({ fingerprint }: Secret): string {
  return `The secret ${fingerprint}`;
}

function useOf({ last_used_at: at }: Secret): string {
  return at === undefined
    ? 'It has not been used, as far as is known.'
    : `It was last used at ${exactTime(at)}.`;
}

function hasEnded(end: string, now: number): boolean {
  return Date.parse(end) <= now;
}
