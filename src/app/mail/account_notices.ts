/**
 * Tells people by mail what was done in their accounts. An address that nobody has verified may be somebody else's, and
 * is told nothing.
 */
import type { TellPerson } from '../../account/room.ts';
import type { Mail, OutgoingMail } from '../../mail/room.ts';
import type { Log } from '../../telemetry/log.ts';

type Notice = Parameters<TellPerson>[0];
type Content = Pick<OutgoingMail, 'template' | 'data'>;

export function createTellByMail({
  mail,
  issuer,
  log,
}: {
  /** Undefined: nobody is told. */
  mail: Mail | undefined;
  issuer: string;
  log: Pick<Log, 'warn'>;
}): TellPerson {
  const accountUrl = `${issuer.replace(/\/$/, '')}/account`;
  return async (notice) => {
    const { person, locale } = notice;
    if (!mail || person.email === undefined || !person.emailVerified) return;
    try {
      await mail.send({
        ...{ to: person.email, userId: person.id, locale },
        ...contentOf(notice, accountUrl),
      });
    } catch (error) {
      log.warn({ err: error, user_id: person.id }, 'a person was not told of a change');
    }
  };
}

function contentOf({ done, at, ip, device }: Notice, accountUrl: string): Content {
  const circumstances = { at, device, address: ip };
  const notice = { circumstances, accountUrl };
  switch (done.act) {
    case 'password_changed':
      return { template: 'password_changed', data: notice };
    case 'username_changed':
      return { template: 'username_changed', data: { ...notice, username: done.username } };
    case 'authenticator_added':
      return { template: 'second_factor_changed', data: { ...notice, change: 'app_added' } };
    case 'authenticator_replaced':
      return { template: 'second_factor_changed', data: { ...notice, change: 'app_replaced' } };
    case 'authenticator_removed':
      return { template: 'second_factor_changed', data: { ...notice, change: 'app_removed' } };
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
