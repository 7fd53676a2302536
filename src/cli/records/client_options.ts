/**
 * A client's metadata on the command line: a JSON file for all of it, and options for the most common members.
 */
import type { Command } from 'commander';
import { consents, profiles } from '../../definitions/oauth.ts';
import { UsageError } from '../terminal/failures.ts';
import { readJsonObject } from '../terminal/input.ts';
import type { OutputOptions } from '../terminal/output.ts';

export type MetadataOptions = OutputOptions & {
  metadata?: string;
  name?: string;
  public?: boolean;
  authMethod?: string;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  grantType?: string[];
  scope?: string;
  api?: string[];
  consent?: string;
  profile?: string;
};

export function withMetadataOptions(command: Command): Command {
  return command
    .option('--metadata <file>', 'RFC 7591 metadata as JSON; - for stdin')
    .option('--name <name>', 'client_name')
    .option('--public', 'a client without authentication')
    .option('--auth-method <method>', 'token_endpoint_auth_method')
    .option('--redirect-uri <uri...>', 'redirect_uris')
    .option('--post-logout-redirect-uri <uri...>', 'post_logout_redirect_uris')
    .option('--grant-type <type...>', 'grant_types')
    .option('--scope <scope>', 'the scopes it may ask for')
    .option('--api <identifier...>', 'the APIs it may ask for')
    .option(`--consent <${consents.join('|')}>`, 'skip: people are not asked')
    .option('--profile <profile>', profiles.join(' or '));
}

/** The members that were given. Options take precedence over the file. */
export async function changesFrom(options: MetadataOptions): Promise<Record<string, unknown>> {
  const members = {
    client_name: options.name,
    token_endpoint_auth_method: options.public ? 'none' : options.authMethod,
    redirect_uris: options.redirectUri,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    grant_types: options.grantType,
    scope: options.scope,
    apis: options.api,
    consent: options.consent,
    profile: options.profile,
  };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  const { client_id, client_secret, ...file }: Record<string, unknown> = options.metadata
    ? await readJsonObject(options.metadata, '--metadata')
    : {};
  if (client_id !== undefined) throw new UsageError('set the client_id with --id');
  if (client_secret !== undefined)
    throw new UsageError('Cardea generates the client_secret itself');
  return { ...file, ...Object.fromEntries(given) };
}
