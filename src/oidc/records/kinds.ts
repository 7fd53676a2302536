/**
 * The kinds of records that the library stores, by its names of its models, and all that differs between them: one
 * row each. kind_columns.ts says what the columns mean. A JWT access token has no record, and stands for one of the
 * first two kinds all the same (jwt_records.ts); clients have an adapter of their own (clients/client_adapter.ts).
 */
import { lifetimes } from '../../definitions/lifetimes.ts';
import { indexedKinds } from '../../storage/artifacts.ts';
import type { Consumed, KindRow } from './kind_columns.ts';
import { accessTokenLifetime, refreshTokenLifetime } from './lifetimes.ts';

const code: Consumed = {
  ...{ times: 'once', spentBy: 'consumption', grace: false, unseenOn: 'token' },
  replay: { error: 'invalid_grant', event: 'authorization_code.reused' },
};

const rows = {
  AccessToken: {
    title: 'opaque access token of a user',
    stored: { id: 'hashed', written: 'again', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: accessTokenLifetime, lingers: 0 },
    use: { times: 'any' },
    counted: 'never',
    ends: { by: 'token', stamp: 'now', family: 'member', writtenLate: 'is_refused' },
    signOut: 'tokens_end',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'access', redeemedAs: 'none', toOperators: true },
    referencedOn: [],
    bounds: { narrowed: true, grantType: 'none', userinfo: true },
  },
  ClientCredentials: {
    title: 'opaque access token of a client',
    stored: { id: 'hashed', written: 'again', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: accessTokenLifetime, lingers: 0 },
    use: { times: 'any' },
    counted: 'never',
    ends: { by: 'token', stamp: 'now', family: 'none', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'access', redeemedAs: 'none', toOperators: true },
    referencedOn: [],
    bounds: { narrowed: true, grantType: 'client_credentials', userinfo: false },
  },
  RefreshToken: {
    title: 'refresh token',
    stored: { id: 'hashed', written: 'once', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: refreshTokenLifetime, lingers: 0 },
    use: {
      ...{ times: 'once', spentBy: 'consumption', grace: true, unseenOn: 'token' },
      replay: { error: 'invalid_grant', event: 'refresh_token.reused' },
    },
    counted: 'never',
    ends: { by: 'token', stamp: 'inherited', family: 'continues', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'refresh', redeemedAs: 'refresh_token', toOperators: true },
    referencedOn: [],
    bounds: { narrowed: true, grantType: 'refresh_token', userinfo: false },
  },
  AuthorizationCode: {
    title: 'authorization code',
    stored: { id: 'hashed', written: 'again', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: lifetimes.authorizationCode, lingers: 0 },
    use: code,
    counted: 'never',
    ends: { by: 'person', stamp: 'inherited', family: 'begins', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'code', toOperators: true },
    referencedOn: [],
    bounds: { narrowed: true, grantType: 'none', userinfo: false },
  },
  DeviceCode: {
    title: 'device code',
    stored: {
      ...{ id: 'hashed', written: 'again', namedBy: 'none', lookup: 'deviceCode' },
      repeats: 'nothing',
    },
    // One that outlived its time must still be answered `expired_token` (RFC 8628 section 3.5).
    lives: { seconds: lifetimes.deviceCode, lingers: lifetimes.deviceCode },
    use: code,
    counted: { on: ['device_authorization'], by: 'client', ofAssertions: false },
    ends: { by: 'person', stamp: 'inherited', family: 'begins', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'device_code', toOperators: true },
    referencedOn: ['code_verification', 'device_resume'],
    bounds: { narrowed: true, grantType: 'none', userinfo: false },
  },
  InitialAccessToken: {
    title: 'initial access token (RFC 7591)',
    stored: { id: 'hashed', written: 'again', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: 'given', lingers: 0 },
    use: { times: 'limited' },
    counted: 'never',
    ends: { by: 'record', stamp: 'none', family: 'none', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'none', toOperators: true },
    referencedOn: [],
    bounds: { narrowed: false, grantType: 'none', userinfo: false },
  },
  RegistrationAccessToken: {
    title: 'registration access token (RFC 7592)',
    stored: { id: 'hashed', written: 'again', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: 'given', lingers: 0 },
    use: { times: 'any' },
    counted: 'never',
    ends: { by: 'record', stamp: 'none', family: 'none', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: ['client_update'],
    presented: { token: 'none', redeemedAs: 'none', toOperators: true },
    referencedOn: [],
    bounds: { narrowed: false, grantType: 'none', userinfo: false },
  },
  Grant: {
    title: 'grant',
    stored: {
      id: 'open',
      written: 'again',
      namedBy: 'grantId',
      lookup: 'grant',
      repeats: 'nothing',
    },
    lives: { seconds: lifetimes.withoutEnd, lingers: 0 },
    use: { times: 'any' },
    counted: 'never',
    // A consent outlasts what ends tokens. One that was withdrawn must not lie there until its marker has expired.
    ends: { by: 'grant', stamp: 'none', family: 'none', writtenLate: 'is_removed' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'none', toOperators: false },
    referencedOn: [],
    bounds: { narrowed: false, grantType: 'none', userinfo: false },
  },
  Session: {
    title: 'session',
    stored: {
      ...{ id: 'hashed', written: 'again', namedBy: 'sessionUid', lookup: 'session' },
      repeats: 'nothing',
    },
    lives: { seconds: 'configured', lingers: 0 },
    use: { times: 'any' },
    counted: 'without_person',
    ends: { by: 'person', stamp: 'sign_in', family: 'none', writtenLate: 'stays' },
    signOut: 'session_ends',
    seenIn: 'browser',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'none', toOperators: false },
    referencedOn: [],
    bounds: { narrowed: false, grantType: 'none', userinfo: false },
  },
  Interaction: {
    title: 'interaction',
    stored: {
      ...{ id: 'hashed', written: 'by_pages', namedBy: 'none', lookup: 'none' },
      repeats: 'bearer_values',
    },
    lives: { seconds: lifetimes.interaction, lingers: 0 },
    use: { times: 'once', spentBy: 'removal' },
    counted: { on: ['authorization', 'resume'], by: 'anybody', ofAssertions: false },
    ends: { by: 'nothing', stamp: 'none', family: 'none', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: ['resume', 'device_resume'],
    presented: { token: 'none', redeemedAs: 'none', toOperators: false },
    referencedOn: [],
    // Its parameters are read again when the person comes back.
    bounds: { narrowed: true, grantType: 'none', userinfo: false },
  },
  PushedAuthorizationRequest: {
    title: 'pushed authorization request',
    stored: { id: 'hashed', written: 'again', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: 'given', lingers: 0 },
    use: {
      ...{ times: 'once', spentBy: 'consumption', grace: false, unseenOn: 'none' },
      replay: { error: 'invalid_request_uri', event: 'none' },
    },
    counted: { on: ['pushed_authorization_request'], by: 'client', ofAssertions: false },
    ends: { by: 'nothing', stamp: 'none', family: 'none', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'none', toOperators: false },
    referencedOn: ['resume'],
    bounds: { narrowed: false, grantType: 'none', userinfo: false },
  },
  ReplayDetection: {
    title: 'identifier that was used',
    stored: { id: 'hashed', written: 'once', namedBy: 'none', lookup: 'none', repeats: 'nothing' },
    lives: { seconds: 'given', lingers: 0 },
    use: { times: 'any' },
    // At the token endpoint only whoever has something to redeem leaves one, or signs with a key of his own.
    counted: { on: ['pushed_authorization_request'], by: 'client', ofAssertions: true },
    ends: { by: 'nothing', stamp: 'none', family: 'none', writtenLate: 'stays' },
    signOut: 'nothing',
    seenIn: 'nothing',
    endWaitsOn: [],
    presented: { token: 'none', redeemedAs: 'none', toOperators: false },
    referencedOn: [],
    bounds: { narrowed: false, grantType: 'none', userinfo: false },
  },
} as const satisfies Record<string, KindRow>;

export type RecordKind = keyof typeof rows;

export const kinds: Readonly<Record<RecordKind, KindRow>> = rows;

/** The kinds that are access tokens, by whom they stand for. */
export const accessTokens = {
  ofPerson: 'AccessToken',
  ofClient: 'ClientCredentials',
} as const satisfies Record<string, RecordKind>;

indexedKinds satisfies Record<string, RecordKind>;

/** The kind of a stored record, or of a model of the library's. Throws for what is none. */
export function kindOf(name: string): RecordKind {
  if (name in kinds) return name as RecordKind;
  throw new Error(`no such kind of record: ${name}`);
}

export function rowOf(name: string): KindRow {
  return kinds[kindOf(name)];
}

/** Their names, in the order of the table. */
export function kindsWhere(matches: (row: KindRow) => boolean): RecordKind[] {
  return (Object.keys(kinds) as RecordKind[]).filter((kind) => matches(kinds[kind]));
}
