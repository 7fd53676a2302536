/**
 * The profile: what apps can see of a person, and what of it the person may change.
 */
import { normaliseName } from '../../definitions/names.ts';
import { CardeaError } from '../../errors.ts';
import { DuplicateError } from '../../storage/errors.ts';
import { emailPath, mayChangeEmail } from '../email/pages.ts';
import type { AccountAnswer, AccountPage, AccountRequest } from '../page.ts';
import { notThere } from '../page.ts';
import { passkeySignals } from '../ways/passkeys/own_passkeys.ts';
import { editableClaims, fieldName, fieldsFor, mistakesIn, withWhatFollows } from './fields.ts';
import { isManaged, saveClaims } from './saved_claims.ts';

const path = '/profile';
const section = 'profile';

type Problem = {
  error: string;
  status: number;
  username?: string;
  claims?: ReadonlyMap<string, string>;
};

/** What was typed of an editable claim; what the page did not have stays as it is. */
const typed = ({ form, person }: AccountRequest, claim: string): string =>
  form.get(fieldName(claim))?.trim() ?? String(person.claims[claim] ?? '');

function show(request: AccountRequest, problem?: Problem): AccountAnswer {
  const { person, form, services, isReturning, link } = request;
  const isTyped = isReturning || problem !== undefined;
  const isStale = problem?.status === 412;
  const valueFor = (claim: string) =>
    isTyped ? typed(request, claim) : String(person.claims[claim] ?? '');
  return {
    page: 'account/profile',
    data: {
      ...{ action: link(path), isReturning, isManaged: isManaged(request) },
      // Of what the person saw, unless they have just been told that it is another now.
      hidden: { version: (!isStale && form.get('version')) || String(person.version) },
      username: {
        ...{ name: 'username', label: request.t.profile.username, error: problem?.username },
        value: (isTyped && form.get('username')) || person.username,
        isEditable: services.policy.change_username,
      },
      email:
        person.email === undefined
          ? undefined
          : { value: person.email, isVerified: person.emailVerified },
      emailPath: mayChangeEmail(request) ? link(emailPath) : undefined,
      emailAskedFor: services.emailChanges?.pending(person)?.email,
      fields: fieldsFor(request, valueFor, problem?.claims),
      error: problem?.error,
      signals: passkeySignals(request),
    },
    ...(problem && { status: problem.status }),
  };
}

/** Whether it may be a mail address, and not the one that the person has proven to read. */
function isOthersAddress(
  username: string,
  { email, emailVerified }: AccountRequest['person'],
): boolean {
  const name = normaliseName(username);
  return name.includes('@') && !(emailVerified && name === email);
}

/** What a refused change is called where it belongs. Throws what is none. */
function problemOf(error: unknown, { profile_errors: errors }: AccountRequest['t']): Problem {
  const { problem, changed, taken, username } = errors;
  if (error instanceof DuplicateError) return { error: problem, username: taken, status: 400 };
  if (!(error instanceof CardeaError)) throw error;
  if (error.code === 'invalid_name') return { error: problem, username, status: 400 };
  if (error.code === 'version_mismatch') return { error: changed, status: 412 };
  throw error;
}

export const profilePages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'profile' },
    handle: async (request) => show(request),
  },
  {
    ...{ path, section, method: 'POST', name: 'profile.change' },
    async handle(request) {
      const { form, person, services, visit, t, tell } = request;
      if (isManaged(request)) throw notThere();
      const wanted = new Map(
        editableClaims(request).map(({ claim }) => [claim, typed(request, claim)]),
      );
      const claims = mistakesIn(wanted, t);
      if (claims.size > 0)
        return show(request, { error: t.profile_errors.problem, claims, status: 400 });

      const mayRename = services.policy.change_username;
      const username = (mayRename && form.get('username')?.trim()) || undefined;
      const isRenamed = username !== undefined && username !== person.username;
      // Whoever renames an account takes the name that its owner signs in with.
      if (isRenamed && !visit.isFresh) return { signInAgain: true };
      // Whoever reads mail there would find their name taken.
      if (isRenamed && isOthersAddress(username, person)) {
        const { problem, address } = t.profile_errors;
        return show(request, { error: problem, username: address, status: 400 });
      }
      const changes = Object.fromEntries(
        [...wanted].map(([claim, value]) => [claim, value || undefined]),
      );
      try {
        await saveClaims(request, withWhatFollows(changes, person.claims), {
          username: isRenamed ? username : undefined,
          expectedVersion: Number(form.get('version')),
        });
      } catch (error) {
        return show(request, problemOf(error, t));
      }
      if (isRenamed) {
        await tell({ act: 'username_changed', username });
      }
      return { to: path, flash: { tone: 'good', text: t.profile.saved } };
    },
  },
];
