/**
 * Changing the password: with the current one, or right after a sign-in, which also serves whoever has none yet or does
 * not know it. The current one can be guessed here no more often than at the sign-in.
 */
import { passwordProblemOf } from '../../pages/password_problems.ts';
import { fill, timeFromNow } from '../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../page.ts';
import { provePassword } from '../proven_password.ts';
import { endOtherSessions } from '../sessions/ended_sessions.ts';

const path = '/password';
const section = 'ways';
/** In the address of whoever signs in again instead of typing the current password. */
const again = 'again';

type Problem = { field: 'current' | 'new'; text: string; status: number };

/** Whether the declarative file decides it: the next start would undo any change. */
function isManaged({ person, services }: AccountRequest): boolean {
  return services.isPasswordDeclared(person.username);
}

/** Of a fresh sign-in it is not asked for, nor of whoever has none: they have to sign in again. */
const asksCurrent = ({ person, visit }: AccountRequest) =>
  person.passwordHash !== undefined && !visit.isFresh;

async function show(request: AccountRequest, problem?: Problem): Promise<AccountAnswer> {
  const { person, services, form, link } = request;
  return {
    page: 'account/password',
    data: {
      ...{ action: link(path), againPath: link(`${path}?${again}=yes`) },
      isManaged: isManaged(request),
      ...{ username: person.username, email: person.email },
      hasPassword: person.passwordHash !== undefined,
      ...{
        asksCurrent: asksCurrent(request),
        passwordMin: await services.users.passwordMin(person.id),
      },
      endsSessions: problem === undefined || form.get('end_sessions') === 'yes',
      error: problem,
    },
    ...(problem && { status: problem.status }),
  };
}

/** Undefined: it is the current password. */
async function wrongCurrent(request: AccountRequest): Promise<Problem | undefined> {
  const { person, form, services, t, ip, by, locale } = request;
  const { wrong, throttled } = t.password_errors;
  const result = await provePassword(services, person, {
    ...{ username: person.username, password: form.get('current_password') ?? '', ip },
    from: { ip: by.ip, requestId: by.requestId },
  });
  if (result === 'right') return undefined;
  if (result === 'wrong') return { field: 'current', text: wrong, status: 400 };
  const text = fill(throttled, { time: timeFromNow(locale, result.retryAfterSeconds) });
  return { field: 'current', text, status: 429 };
}

const unfit = (text: string): Problem => ({ field: 'new', text, status: 400 });

/** What is known before it is hashed. */
async function unfitNew(wanted: string, request: AccountRequest): Promise<Problem | undefined> {
  const { person, services, form, t, texts } = request;
  const min = await services.users.passwordMin(person.id);
  const { short_password: short } = texts.password_problems;
  if ([...wanted].length < min) return unfit(fill(short, { count: String(min) }));
  const isSame = asksCurrent(request) && wanted === form.get('current_password');
  return isSame ? unfit(t.password_errors.same) : undefined;
}

/** Throws what is no fault of the password. */
async function refusedNew(error: unknown, { person, services, texts }: AccountRequest) {
  const problem = passwordProblemOf(error);
  if (!problem) throw error;
  const count = String(await services.users.passwordMin(person.id));
  return unfit(fill(texts.password_problems[problem], { count }));
}

export const passwordPages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'password' },
    async handle(request) {
      const { person, visit, query } = request;
      // Of whoever has no password, nothing else proves that it is the person who asks.
      const mustSignIn = person.passwordHash === undefined || !visit.isStrong || query.has(again);
      if (mustSignIn && !visit.isFresh && !isManaged(request)) return { signInAgain: true };
      return show(request);
    },
  },
  {
    ...{ path, section, method: 'POST', name: 'password.change', hasSecrets: true },
    async handle(request) {
      const { person, visit, form, services, by, t, times, tell } = request;
      if (isManaged(request)) throw notThere();
      const mustSignIn = person.passwordHash === undefined || !visit.isStrong;
      if (mustSignIn && !visit.isFresh) return { signInAgain: true };
      const wanted = form.get('new_password') ?? '';
      const problem =
        (asksCurrent(request) ? await wrongCurrent(request) : undefined) ??
        (await unfitNew(wanted, request));
      if (problem) return show(request, problem);
      try {
        await services.users.changePassword(person.id, wanted, by);
      } catch (error) {
        return show(request, await refusedNew(error, request));
      }
      const effectiveBy =
        form.get('end_sessions') === 'yes' ? await endOtherSessions(request) : undefined;
      await tell({ act: 'password_changed' });
      if (effectiveBy === undefined) {
        return { to: '/ways', flash: { tone: 'good', text: t.password.saved } };
      }
      const time = times.clock(effectiveBy);
      return { to: '/ways', flash: { tone: 'good', text: t.password.saved_and_ended, time } };
    },
  },
];
