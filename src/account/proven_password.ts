/**
 * The password of a person who is known already, as a proof before what is sensitive. It is counted as an attempt to sign
 * in, so it can be guessed no more often than there.
 */
import type { AuditContext } from '../audit/room.ts';
import type { UserRecord } from '../storage/users.ts';
import type { AccountServices } from './services.ts';

type Typed = {
  username: string;
  password: string;
  /** The address of the browser, as attempts are counted. */
  ip: string;
  from: Pick<AuditContext, 'ip' | 'requestId'>;
};

/** `retryAfterSeconds`: nothing was checked. Throws CardeaError `busy` (503): nothing was decided or counted. */
export async function provePassword(
  { throttle, users }: Pick<AccountServices, 'throttle' | 'users'>,
  person: UserRecord,
  { username, password, ip, from }: Typed,
): Promise<'right' | 'wrong' | { retryAfterSeconds: number }> {
  const attempt = { account: person.username, address: ip };
  const permission = await throttle.check(attempt);
  if (!permission.allowed) return { retryAfterSeconds: permission.retryAfterSeconds };
  const found = await users.authenticate(username, password, from).catch(async (error) => {
    await throttle.abandoned(attempt);
    throw error;
  });
  const isRight = found?.id === person.id;
  await (isRight ? throttle.succeeded(attempt) : throttle.failed(attempt));
  return isRight ? 'right' : 'wrong';
}
