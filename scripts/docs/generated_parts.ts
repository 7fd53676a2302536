/**
 * Parts of written pages that follow from src/definitions/ and from other files: each between a comment that names it and the next
 * `<!-- end -->`.
 */

import { operations } from '../../src/admin/room.ts';
import { adminScopeNames } from '../../src/definitions/admin_scopes.ts';
import { auditEventCatalogue } from '../../src/definitions/events.ts';
import {
  clientSecretOverlap,
  lifetimes,
  refreshTokenGrace,
} from '../../src/definitions/lifetimes.ts';
import { oneTimeLinks, serverLimits } from '../../src/definitions/limits.ts';
import {
  isConfined,
  operatorRoles,
  scopesOfRole,
  textOfRole,
} from '../../src/definitions/operator_roles.ts';
import { refusalReasons } from '../../src/definitions/refusal_reasons.ts';
import { lasting } from '../../src/pages/texts.ts';
import { recordedTable } from '../compatibility/results.ts';
import { alertTable } from './alerts.ts';
import { table } from './markdown_table.ts';

const parts: Readonly<Record<string, () => string>> = {
  'admin endpoints': adminTable,
  'audit events': eventTable,
  lifetimes: lifetimeTable,
  limits: limitTable,
  'refusal reasons': refusalTable,
  'operator roles': roleTable,
  'operator scopes': operatorScopeTable,
  compatibility: recordedTable,
  alerts: alertTable,
};

/** The page with each of its parts as it should be. Throws for a part that nobody makes. */
export function withGeneratedParts(page: string): string {
  return page.replaceAll(
    /(<!-- generated: ([\w ]+) -->\n).*?(<!-- end -->)/gs,
    (_whole, start: string, name: string, end: string) => {
      const part = parts[name];
      if (!part) throw new Error(`No part of the documentation is called ${name}`);
      return `${start}\n${part()}\n\n${end}`;
    },
  );
}

/** What an event has, as its members are called outside. */
const fieldNames = {
  ...{ user: '`user_id`', client: '`client_id`', target: '`target`', change: '`before`, `after`' },
};
const marks = { notice: ' (notice)', folded: ' (folded)' };

function eventTable(): string {
  return table(
    ['Event', 'When', 'It has', 'Its details'],
    auditEventCatalogue.map(({ type, when, has, details = '', is }) => [
      `\`${type}\`${is ? marks[is] : ''}`,
      ...[when, has.map((field) => fieldNames[field]).join(', '), details],
    ]),
  );
}

function adminTable(): string {
  return table(
    ['Endpoint', 'Methods', 'Route', 'Scope', ''],
    operations.map(({ path, method, id, scope, summary }) => [
      // As in the table of routes, so that the log and the metrics are found here.
      `\`/admin/v1${path.replaceAll(/\{(\w+)\}/g, ':$1')}\``,
      ...[`\`${method}\``, `\`admin.${id}\``, `\`${scope}\``, summary],
    ]),
  );
}

function refusalTable(): string {
  return table(
    ['Reason', 'Code', 'What it means', 'What to do'],
    refusalReasons.map(({ name, errors, means, advice }) => [
      `\`${name}\``,
      errors.map((error) => `\`${error}\``).join(' '),
      ...[means, advice],
    ]),
  );
}

function roleTable(): string {
  return table(
    ['Role', ''],
    operatorRoles.map((role) => [`\`${role}\``, textOfRole(role)]),
  );
}

function operatorScopeTable(): string {
  return table(
    ['Scope', ...operatorRoles.map((role) => `\`${role}\``)],
    adminScopeNames.map((scope) => [
      `\`${scope}\``,
      ...operatorRoles.map((role) => {
        if (!scopesOfRole(role).includes(scope)) return '';
        return isConfined(role) ? 'own projects' : 'yes';
      }),
    ]),
  );
}

/** What each is; undefined for what has no end. */
const lifetimeNames: Record<keyof typeof lifetimes, string | undefined> = {
  authorizationCode: 'Authorization code',
  deviceCode: 'Device code',
  accessToken: 'Access token, unless its API has an `access_token_lifetime`',
  idToken: 'ID token',
  accessTokenOfKey: 'Access token that an API key was exchanged for, at most',
  refreshTokenIdle: 'Refresh token that is not used',
  refreshTokenChain: 'Refresh tokens of one sign-in, however often they are rotated',
  interaction: 'Sign-in and consent, from the authorization request to its response',
  session: 'Session of whoever stays signed in, unused (`sign_in.sessions.stay_signed_in`)',
  sessionOfBrowser:
    'Session of everybody else, unused (`sign_in.sessions.browser`); it ends when the browser is closed',
  longestSession: 'Session, however it is used (`sign_in.sessions.longest`)',
  sessionOfNobody: 'Session in which nobody has signed in',
  deviceCookie: 'Cookie of a browser in which somebody signed in before',
  withoutEnd: undefined,
};

function lifetimeTable(): string {
  const rows = Object.entries(lifetimes).map(([key, seconds]) => [
    lifetimeNames[key as keyof typeof lifetimes],
    lasting('en', seconds),
  ]);
  return table(
    ['What', 'How long'],
    [
      ...rows.filter((row): row is string[] => row[0] !== undefined),
      [
        'Refresh token after its rotation (`refresh_token_grace`)',
        `${lasting('en', refreshTokenGrace.default)}; ${lasting('en', refreshTokenGrace.max)} at most`,
      ],
      ['Client secret after its rotation, without `--overlap`', lasting('en', clientSecretOverlap)],
      ['Link in a mail, and the code beside it', lasting('en', oneTimeLinks.lifetimeMs / 1000)],
    ],
  );
}

function limitTable(): string {
  const limits = serverLimits;
  return table(
    ['What', 'Limit'],
    [
      [
        'Request body',
        `${size(limits.requestBody)} (413); a report from GitHub of leaked keys ${size(limits.githubReport)}; settings, with a logo, ${size(limits.settings)}`,
      ],
      ['URL, headers', `${size(limits.url)} (414), ${size(limits.headers)} (431)`],
      [
        'Time for headers, for the whole request',
        `${time(limits.headersMs)}, ${time(limits.requestMs)} (408)`,
      ],
      // It is a little less, so that the response is there in time.
      ['Time for a response', `${Math.ceil(limits.responseMs / 1000)} s (503)`],
      ['Idle connection', time(limits.keepAliveMs)],
      [
        'Waiting for a status list to change (`Prefer: wait`)',
        `${time(limits.statusListWaitMs)}; ${limits.statusListWaiting.toLocaleString('en')} requests for each worker, further ones get a response at once`,
      ],
      [
        'Webhooks',
        `${limits.webhooksAtOnce} at a time for each endpoint and worker; ${time(limits.webhookMs)}`,
      ],
      [
        'Mails',
        `${limits.mailsAtOnce} at a time for each worker; ${time(limits.mailConnectionMs)} to the greeting of the mail server, ${time(limits.mailMs)} altogether`,
      ],
      [
        "Requests to others' URLs (`jwks_uri`, back-channel logout, webhooks, GitHub's keys, metadata documents of clients)",
        `https and public addresses only, unless \`outbound.allow\` names the network (for clients that registered themselves, and for metadata documents, \`outbound.allow_registered\`); ${time(limits.outboundMs)}; ${size(limits.outboundBody)} (documents: ${size(limits.clientDocument)}); no redirects; no proxy from the environment`,
      ],
    ],
  );
}

function size(bytes: number): string {
  return bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2} MiB` : `${bytes / 1024} KiB`;
}

function time(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
