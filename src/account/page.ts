/**
 * What a page of an account is: where it is, and what it answers to its person. What is around it (routes.ts) has done the
 * rest when it is asked: the session, the form's token, a sign-in that is recent enough. A page reads and changes what
 * belongs to `person`, and answers for anything else as if it were not there.
 */
import type { ChangeContext } from '../audit/room.ts';
import type { Locale } from '../definitions/locales.ts';
import { CardeaError } from '../errors.ts';
import type { Flash, Visit } from '../own_pages/room.ts';
import type { AccountPageData, AccountSectionId, PageTime } from '../pages/account_data.ts';
import type { Texts } from '../pages/texts.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';
import type { UserRecord } from '../storage/users.ts';
import type { AccountAct } from './notices.ts';
import type { AccountServices } from './services.ts';
import type { Times } from './times.ts';

export type AccountPage = {
  /** Below `/account`: `/sessions`. */
  path: `/${string}`;
  method: 'GET' | 'POST';
  /** In the log and as the label of metrics: `sessions.end`. */
  name: string;
  section: AccountSectionId;
  /** Whether the person has to have signed in within the last minutes, with all that they have. A form is kept meanwhile. */
  needsFreshSignIn?: boolean;
  /** Whether its form has secrets, which are not kept. */
  hasSecrets?: boolean;
  /** Of a form on another page: that page, to which its person comes back from signing in. Below `/account`. */
  formPath?: (params: AccountRequest['params']) => string;
  /** False: there is no such page under the operator's policy. */
  isOffered?: (services: Pick<AccountServices, 'policy'>) => boolean;
  handle(request: AccountRequest): Promise<AccountAnswer>;
};

export type AccountRequest = {
  /** Of the path, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** What was sent. On the GET of a page that a person comes back to after signing in: what they had sent before. */
  form: URLSearchParams;
  isReturning: boolean;
  person: UserRecord;
  /** What they sign in with besides a password. */
  owned: AuthenticatorsRecord | undefined;
  /** `isStrong`: signed in with a second factor, or there is none. `isFresh`: that, and within the last minutes. */
  visit: Pick<Visit, 'session' | 'isFresh'> & { isStrong: boolean };
  /** The person, as who makes changes. */
  by: ChangeContext;
  /** Where the request comes from. */
  ip: string;
  /** What names the browser to sign-ins at providers, where it has been there before. */
  providerBrowser: string | undefined;
  /** The browser, in words. */
  device: string;
  locale: Locale;
  texts: Texts;
  t: Texts['account'];
  times: Times;
  /** Milliseconds since the epoch. */
  now: number;
  /** The operator's name, as pages have it. */
  brand: string;
  /** The address of a path below `/account`, with what leads back to the app that sent the person. */
  link(path: string): string;
  /** Tells the person of an act in their account. */
  tell(done: AccountAct): Promise<void>;
  services: AccountServices;
};

type Shown = {
  [P in keyof AccountPageData]: {
    page: P;
    data: Omit<AccountPageData[P], 'frame' | 'hidden'> & { hidden?: Record<string, string> };
    status?: number;
  };
}[keyof AccountPageData];

export type AccountAnswer =
  | Shown
  /** After a form. `to`: below `/account`. */
  | { to: `/${string}`; flash?: AccountFlash }
  /** The person has to sign in again, and comes back. */
  | { signInAgain: true }
  /** The person goes on at a provider, from where the browser comes back. */
  | { leave: { url: string; browser: string } }
  | { download: { name: string; json: unknown } };

/** Its `time` stands where the text has `{time}`. */
export type AccountFlash = Flash & { time?: PageTime };

/** 404, for what is not there or is somebody else's: nobody can tell these apart. */
export function notThere(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'There is no such thing.' });
}
