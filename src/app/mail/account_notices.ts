/**
 * Tells people by mail what was done in their accounts. An address that nobody has verified may be somebody else's, and
 * is told nothing.
 */
import { deviceNamed, type TellPerson } from '../../account/room.ts';
import type { LostFactorsNotice, TellOfPasskey } from '../../authentication/room.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Locale } from '../../definitions/locales.ts';
import type { TellOfIdentity } from '../../identity_providers/room.ts';
import type { TellOfSignIn } from '../../interactions/room.ts';
import type { Mail, OutgoingMail } from '../../mail/room.ts';
import { chooseLocale } from '../../pages/locale.ts';
import { pageTexts } from '../../pages/texts.ts';
import type { UserRecord } from '../../storage/users.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Users } from '../../users/room.ts';

type Notice = Omit<Parameters<TellPerson>[0], 'person' | 'locale'>;

type Content = Pick<OutgoingMail, 'template' | 'data'>;

type Dependencies = {
  /** Undefined: nobody is told. */
  mail: Mail | undefined;
  issuer: string;
  log: Pick<Log, 'warn'>;
};

export function createTellByMail({ issuer, ...sending }: Dependencies): TellPerson {
  const accountUrl = accountUrlOf(issuer);
  return ({ person, locale, ...notice }) =>
    send(person, locale, contentOf(notice, accountUrl), sending);
}

/** What operators did about somebody's second factors, in the language of the person. */
export function createTellOfOperators({
  config,
  clock,
  ...sending
}: Omit<Dependencies, 'issuer'> & {
  config: Pick<Config, 'issuer' | 'declaration'>;
  clock: Clock;
}): (person: UserRecord, change: LostFactorsNotice) => Promise<void> {
  const { accountUrl, languageOf } = mailsOf(config);
  return (person, change) => {
    const data = { circumstances: { at: clock.now() }, accountUrl, change };
    const content: Content = { template: 'second_factor_changed', data };
    return send(person, languageOf(person), content, sending);
  };
}

/** What became of a person's passkeys, wherever that was. */
export function createTellOfPasskeys({
  config,
  users,
  clock,
  ...sending
}: Omit<Dependencies, 'issuer'> & {
  config: Pick<Config, 'issuer' | 'declaration'>;
  users: Pick<Users, 'find'>;
  clock: Clock;
}): TellOfPasskey {
  const { accountUrl, languageOf } = mailsOf(config);
  return async (userId, { event, passkey, ip }) => {
    const person = sending.mail && (await users.find(userId));
    if (!person) return;
    const notice = { circumstances: { at: clock.now(), address: ip }, accountUrl };
    const content: Content =
      event === 'added'
        ? { template: 'new_passkey', data: { ...notice, passkeyName: passkey.name } }
        : { template: 'second_factor_changed', data: { ...notice, change: 'passkey_copied' } };
    await send(person, languageOf(person), content, sending);
  };
}

/** What else signs somebody in from now on. `nameOf`: what the provider with this id is called. */
export function createTellOfIdentities({
  config,
  users,
  nameOf,
  clock,
  ...sending
}: Omit<Dependencies, 'issuer'> & {
  config: Pick<Config, 'issuer' | 'declaration'>;
  users: Pick<Users, 'find'>;
  nameOf: (provider: string) => string;
  clock: Clock;
}): TellOfIdentity {
  const { accountUrl, languageOf } = mailsOf(config);
  return async (userId, { provider, ip }) => {
    const person = sending.mail && (await users.find(userId));
    if (!person) return;
    const notice = { circumstances: { at: clock.now(), address: ip }, accountUrl };
    const data = { ...notice, providerName: nameOf(provider) };
    const locale = languageOf(person);
    await send(person, locale, { template: 'new_sign_in_method', data }, sending);
  };
}

/** What operators did about somebody's address, to the one from before. */
export function createTellOfNewEmail({
  config,
  clock,
  ...sending
}: Omit<Dependencies, 'issuer'> & {
  config: Pick<Config, 'issuer' | 'declaration'>;
  clock: Clock;
}): (before: UserRecord, after: UserRecord) => Promise<void> {
  const { accountUrl, languageOf } = mailsOf(config);
  return (before, { email: newAddress }) => {
    const data = { circumstances: { at: clock.now() }, accountUrl, newAddress };
    const content: Content = { template: 'address_changed_by_operator', data };
    return send(before, languageOf(before), content, sending);
  };
}

/** Sign-ins that may be somebody else's. */
export function createTellOfSignIns({
  config,
  users,
  ...sending
}: Omit<Dependencies, 'issuer'> & {
  config: Pick<Config, 'issuer' | 'declaration'>;
  users: Pick<Users, 'find'>;
}): TellOfSignIn | undefined {
  if (!sending.mail) return undefined;
  const { accountUrl, languageOf } = mailsOf(config);
  const sessionsUrl = accountUrl && `${accountUrl}/sessions`;
  return async (userId, { what, at, ip, userAgent, key }) => {
    const person = await users.find(userId);
    if (!person) return;
    const locale = languageOf(person);
    const { device } = deviceNamed(userAgent, pageTexts[locale].account);
    const data = { circumstances: { at, device, address: ip }, accountUrl: sessionsUrl };
    await send(person, locale, { template: what, data }, { ...sending, idempotencyKey: key });
  };
}

/** Where mails lead, undefined where there are no account pages, and the language of a person. */
function mailsOf({ issuer, declaration }: Pick<Config, 'issuer' | 'declaration'>) {
  const { default_locale: fallback } = declaration.pages;
  return {
    accountUrl: declaration.account.enabled ? accountUrlOf(issuer) : undefined,
    languageOf: (person: UserRecord) => localeOf(person, fallback),
  };
}

/** The language that the person has chosen, if we speak it. */
export function localeOf({ claims: { locale } }: UserRecord, fallback: Locale): Locale {
  const uiLocales = typeof locale === 'string' ? locale : undefined;
  return chooseLocale({ uiLocales, fallback });
}

async function send(
  { id, email, emailVerified }: UserRecord,
  locale: Locale,
  content: Content,
  {
    mail,
    log,
    idempotencyKey,
  }: Pick<Dependencies, 'mail' | 'log'> & Pick<OutgoingMail, 'idempotencyKey'>,
): Promise<void> {
  if (!mail || email === undefined || !emailVerified) return;
  try {
    await mail.send({ to: email, userId: id, locale, idempotencyKey, ...content });
  } catch (error) {
    log.warn({ err: error, user_id: id }, 'a person was not told of a change');
  }
}

function accountUrlOf(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/account`;
}

function contentOf({ done, at, ip, device }: Notice, accountUrl: string): Content {
  const circumstances = { at, device, address: ip };
  const notice = { circumstances, accountUrl };
  switch (done.act) {
    case 'password_changed':
      return { template: 'password_changed', data: notice };
    case 'password_removed':
      return { template: 'password_removed', data: notice };
    case 'username_changed':
      return { template: 'username_changed', data: { ...notice, username: done.username } };
    case 'authenticator_added':
      return { template: 'second_factor_changed', data: { ...notice, change: 'app_added' } };
    case 'authenticator_replaced':
      return { template: 'second_factor_changed', data: { ...notice, change: 'app_replaced' } };
    case 'authenticator_removed':
      return { template: 'second_factor_changed', data: { ...notice, change: 'app_removed' } };
    case 'passkey_removed':
      return { template: 'second_factor_changed', data: { ...notice, change: done.act } };
    case 'identity_connected':
      return { template: 'new_sign_in_method', data: { ...notice, providerName: done.provider } };
    case 'identity_disconnected':
      return {
        template: 'sign_in_method_removed',
        data: { ...notice, providerName: done.provider },
      };
    case 'recovery_codes_renewed':
      return {
        template: 'second_factor_changed',
        data: { ...notice, change: 'recovery_codes_renewed' },
      };
    case 'api_key_created':
    case 'api_key_replaced': {
      const isReplacement = done.act === 'api_key_replaced';
      return { template: 'new_api_key', data: { ...notice, keyName: done.keyName, isReplacement } };
    }
    case 'deletion_requested': {
      const { deletesAt: deletedAt } = done;
      const link = { url: accountUrl, expiresAt: deletedAt };
      return { template: 'account_deletion', data: { ...link, circumstances, deletedAt } };
    }
  }
}
