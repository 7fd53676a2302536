/**
 * How clients come to be that no operator declares, and what they may have: dynamic registration and metadata documents.
 */
import { z } from 'zod';
import { refreshTokenGrace } from '../../definitions/lifetimes.ts';
import { crowdedShare } from '../../definitions/limits.ts';
import { grantTypes, openIdScopes } from '../../definitions/oauth.ts';
import { day, hour } from '../../definitions/units.ts';
import { durationBetween, rate } from './values.ts';

const apis = z
  .array(z.string())
  .default([])
  .describe('Identifiers of the APIs that such a client may ask for.');

/** Agents are many processes that share one token file. */
const longGrace = durationBetween(0, refreshTokenGrace.max).prefault('5m');

export const dynamicRegistrationSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Whether clients may register themselves with an initial access token.'),
    open: z
      .boolean()
      .default(false)
      .describe(
        'Whether they may also register without one, as agents do: public clients only, which go again unless somebody uses them.',
      ),
    apis,
    grant_types: z
      .array(z.enum(grantTypes))
      .default(['authorization_code', 'refresh_token'])
      .describe(
        'The grant types that such a client may have. `client_credentials` gives it tokens without any person; clients that registered without an initial access token never have it.',
      ),
    scope: z
      .string()
      .default(openIdScopes.join(' '))
      .describe('The scopes that such a client may ask for.'),
    require_pkce: z
      .boolean()
      .default(true)
      .describe('Whether such a client, when confidential, must use PKCE.'),
    registrations_per_token: rate
      .prefault('60/1h')
      .describe(
        'How many clients one initial access token registers in a time, and how often a client may change itself.',
      ),
    registrations_per_address: rate
      .prefault('20/1h')
      .describe(
        'How many clients one address (IPv6: one /64) registers without an initial access token.',
      ),
    registrations_in_all: rate
      .prefault('1000/1h')
      .describe(
        `The same of all addresses: beyond it, each address has 1/${1 / crowdedShare} of its share.`,
      ),
    keep_unused: durationBetween(hour, 365 * day)
      .prefault('7d')
      .describe(
        'How long a client that registered without an initial access token is kept before somebody grants it something.',
      ),
    refresh_token_grace: longGrace.describe(
      'How long a rotated refresh token still works at clients that registered without an initial access token.',
    ),
    implicit: z
      .boolean()
      .default(false)
      .describe(
        'Whether such a client may use `id_token` and `id_token token`, as OpenID Connect asks of dynamic providers.',
      ),
  })
  .prefault({})
  .describe('Dynamic client registration (RFC 7591, RFC 7592).');

/** A host, or all beneath one. */
const domain = z
  .string()
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be a host such as claude.ai, or *.example.com for all beneath it, in lower case',
  );

export const clientIdMetadataSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Whether a `client_id` may be the https URL of a document that describes the client.',
      ),
    domains: z
      .array(domain)
      .max(1000)
      .default([])
      .describe(
        'The hosts whose documents are taken, `*.example.com` for all beneath one; empty: those of any public host.',
      ),
    apis,
    scope: z
      .string()
      .default('openid offline_access')
      .describe('The scopes that such a client may ask for, those of its APIs included.'),
    refresh_token_grace: longGrace.describe(
      'How long a rotated refresh token of such a client still works.',
    ),
  })
  .prefault({})
  .describe(
    'Clients that nobody registers: their `client_id` is the address of their metadata (OAuth Client ID Metadata Document).',
  );
