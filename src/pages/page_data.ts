/**
 * The data of each page. The routes that render a page fill these types, safe_data.ts makes the content safe,
 * and the templates in views/pages read it as `it.data`.
 *
 * Everywhere, `action` and `…Action` are where a form posts (a path of our own), and `hidden` holds the form
 * fields that nobody types, such as the anti-forgery token, sent back unchanged.
 */
import type { WayOn } from '../errors.ts';

import type { GuideData } from '../guide/room.ts';

import type { WordedReport } from '../inspection/room.ts';

import type { AccountPageData } from './account_data.ts';
import type { PasswordProblem } from './password_problems.ts';
import type { Texts } from './texts.ts';

type Form = { action: string; hidden: Record<string, string> };

/** A client as people see it. Whoever registered the client chose everything in it. */
export type PageClient = {
  name: string;
  /** Which of our own it is: its name is words, which sentences decline. */
  own?: keyof Texts['own_clients'] | undefined;
  /** Host of the redirect URI: the one fact here that the client cannot make up. */
  host?: string | undefined;
  /** Where the description of a client comes from that nobody registered (OAuth Client ID Metadata Document). */
  documentHost?: string | undefined;
  /** `local`: its answer goes to a program on this device; `unchecked`: it registered itself, and nobody knows it. */
  caution?: 'local' | 'unchecked' | undefined;
  /** A path of our own, never an address of others (docs/decisions/client-logos.md). */
  logoUrl?: string | undefined;
  /** `policy_uri` and `tos_uri` (RFC 7591 section 2), http(s) only. */
  policyUrl?: string | undefined;
  termsUrl?: string | undefined;
};

/**
 * What a browser is asked for of passkeys, in the JSON form of WebAuthn Level 3; `action` takes what it answers. Field:
 * `credential`.
 */
export type PasskeyForm = { action: string; ceremony: object };

/** What whoever keeps passkeys in the browser is told (WebAuthn Level 3 section 5.1.10). */
export type PasskeySignals = {
  rpId: string;
  /** The id of one that Cardea does not know. */
  unknown?: string | undefined;
  /** All that the person has, by their ids. */
  accepted?: { userId: string; ids: string[] } | undefined;
  /** What the person is called. */
  details?: { userId: string; name: string; displayName: string } | undefined;
};

/** Where else people sign in. Field: `provider`, an id. */
export type SignInProviders = {
  action: string;
  list: { id: string; name: string }[];
  /** Whether an address is enough for some of them, without a password. */
  areByAddress: boolean;
};

/** Fields: `username`, `password`, `can_make_passkey` (`yes`), `stay` (`yes`). */
export type SignInData = Form & {
  /** At Cardea's own pages, which ask again before something sensitive. */
  isAgain?: boolean | undefined;
  /** What was typed before, or `login_hint`. */
  username?: string | undefined;
  error?:
    | 'invalid_credentials'
    | 'invalid_passkey'
    | 'copied_passkey'
    | 'throttled'
    | 'expired'
    | `provider_${'declined' | 'unavailable' | 'failed' | 'not_fresh' | 'no_account' | 'disabled' | 'link'}`
    | undefined;
  /** Of an error that is about one: its name. */
  provider?: string | undefined;
  /** The request that an operator can be asked about. */
  reference?: string | undefined;
  retryAfterSeconds?: number | undefined;
  /** Absent where browsers have no passkeys for this issuer. */
  passkey?: PasskeyForm | undefined;
  signals?: PasskeySignals | undefined;
  providers?: SignInProviders | undefined;
  /** How somebody last signed in in this browser; `provider`: by its id. */
  lastWay?: 'password' | 'passkey' | { provider: string } | undefined;
  /** Whether the box is ticked. Absent: nobody is asked. */
  staysSignedIn?: boolean | undefined;
  client?: PageClient | undefined;
  /** Where "cancel" posts `hidden`. Without it, the page offers no cancel. */
  cancelAction?: string | undefined;
  /** A path of our own for people who have forgotten their password; absent: there is no mail to help them. */
  recoveryPath?: string | undefined;
  /** A path of our own for people who have no account; absent: they cannot make one by themselves. */
  signUpPath?: string | undefined;
};

/** The user who is signed in. */
export type PageUser = { name?: string | undefined; username: string };

/** A step of a sign-in behind the first. `cancelAction`, `switchAction`: as in SelectAccountData. */
type SignInStep = Form & {
  client: PageClient;
  user: PageUser;
  switchAction: string;
  cancelAction: string;
};

type CodeProblem = {
  error?: 'wrong_code' | 'throttled' | undefined;
  retryAfterSeconds?: number | undefined;
};

/** Fields: `code`, `method`, `trust` (`yes`). */
type SecondFactorData = SignInStep &
  CodeProblem & {
    method: 'totp' | 'recovery_code';
    /** A path of our own: the page for the other method, where the person has it. */
    otherMethod?: string | undefined;
    /** For how many days this browser may be trusted; absent: not at all. */
    trustDays?: number | undefined;
    /** Instead, where the person has one. */
    passkey?: PasskeyForm | undefined;
  };

/** An authenticator app is set up. Field: `code`. */
/** A secret on its way into an authenticator app. */
export type NewAuthenticatorApp = {
  /** As it is typed into an app. */
  secret: string;
  /** `otpauth:`: opens the app on this device. */
  uri: string;
  /** Modules on each side of the QR code, and the path that draws them in a view box of that size. */
  qr: { size: number; path: string };
};

type AuthenticatorAppData = SignInStep & CodeProblem & NewAuthenticatorApp;

/** A passkey of the person's is asked for. */
type ConfirmPasskeyData = SignInStep &
  PasskeyForm & {
    error?: 'invalid_passkey' | 'copied_passkey' | 'throttled' | undefined;
    retryAfterSeconds?: number | undefined;
  };

/** A passkey is set up. */
type NewPasskeyData = SignInStep &
  PasskeyForm & {
    error?: 'new_passkey' | 'too_many_passkeys' | 'throttled' | undefined;
    retryAfterSeconds?: number | undefined;
  };

/** The sign-in is over; with `ceremony`, the browser may make a passkey on the way. */
type SignedInData = Form & { client: PageClient; ceremony?: object | undefined };

/** New recovery codes, this once. Its form goes on. */
type RecoveryCodesData = Form & { codes: string[] };

/** What is made of somebody who comes from a provider for the first time. */
type ProviderAccountData = Form & {
  client: PageClient;
  provider: string;
  account: { username: string; email?: string | undefined; name?: string | undefined };
  /** For whoever has an account already. */
  signInPath: string;
  cancelAction: string;
};

/** Field: `account`, with the id of one. */
type SelectAccountData = Form & {
  client: PageClient;
  accounts: { id: string; user: PageUser }[];
  /** Where "use another account" posts `hidden`. */
  switchAction: string;
  cancelAction: string;
};

export type PageScope = {
  /** The scope itself. */
  name: string;
  title: string;
  description?: string | undefined;
  /** Part of every consent: shown without a choice. */
  required: boolean;
  checked: boolean;
};

/** Fields: `scope`, once for each optional scope that is chosen. */
type ConsentData = Form & {
  client: PageClient;
  user: PageUser;
  /** The user's own data without a title, then one group per API. Empty groups are left out. */
  groups: { title?: string | undefined; scopes: PageScope[] }[];
  cancelAction: string;
  /** Where "use another account" posts `hidden`. */
  switchAction?: string | undefined;
};

/** Field: `user_code` (RFC 8628 section 3.3). */
export type DeviceCodeData = Form & {
  userCode?: string | undefined;
  error?: 'not_found' | 'expired' | 'used' | 'aborted' | 'missing' | 'failed' | undefined;
};

/** `hidden` already contains `confirm=yes`. The deny button adds `abort=yes`. */
type DeviceConfirmData = Form & {
  client: PageClient;
  userCode: string;
  /** Where the request came from, as far as known. */
  device: { ip?: string | undefined; userAgent?: string | undefined };
};

/** The confirm button adds `logout=yes`, the other one nothing. */
type SignOutData = Form & { client?: PageClient | undefined };

type ErrorData = {
  /** Replaces the page's own heading for the code. */
  title?: string | undefined;
  /** An OAuth error code, or one of our own in snake_case. */
  code: string;
  /** Technical and in English: for the client's developers. */
  description?: string | undefined;
  status: number;
  /** Of a page that has expired. */
  wayOn?: WayOn | undefined;
};

/** Fields: `link`, `username`, `password`. */
export type FirstOwnerData = Form & {
  /** The secret of the link, where it was sent before; a script takes it from the address. */
  link?: string | undefined;
  /** What was typed before. */
  username?: string | undefined;
  /** The least characters of the password. */
  passwordMin: number;
  error?: 'invalid_link' | PasswordProblem | 'username' | 'taken' | undefined;
};

/** Field: `name`. */
type RecoveryData = Form & {
  /** What was typed before. */
  name?: string | undefined;
  /** `gone`: the link that was opened is good for nothing (any more). */
  error?: 'gone' | 'empty' | 'throttled' | undefined;
  retryAfterSeconds?: number | undefined;
};

/** The mail was sent, if there is somebody to send it to. Field: `code`. */
type MailedCodeData = Form & {
  /** As it was typed in this browser; absent: what was typed need not be an address. */
  address?: string | undefined;
  /** Where another mail is asked for. */
  againPath: string;
  error?: 'wrong_code' | 'exhausted' | undefined;
};

/** Fields: `password`, `code`. */
type NewPasswordData = Form & {
  username: string;
  /** The least characters of the password. */
  passwordMin: number;
  /** Whether a code of the second factor is asked for. */
  needsCode: boolean;
  error?: PasswordProblem | 'wrong_code' | 'throttled' | undefined;
  retryAfterSeconds?: number | undefined;
};

/**
 * Field: `email`. `task`: what the browser solves with the field `challenge` before it sends the form. Without the
 * solution (field: `solution`) the form may be sent less often.
 */
type SignUpData = Form & {
  task: { puzzles: number; bits: number };
  /** What was typed before. */
  email?: string | undefined;
  /** A path of our own, for whoever has an account; absent: whoever comes from no app. */
  signInPath?: string | undefined;
  /** `domain`: addresses there cannot register; `unsolved`: without a solution it is too often. */
  error?: 'address' | 'domain' | 'throttled' | 'unsolved' | undefined;
  /** Of the error `domain`: those whose addresses can. */
  domains?: readonly string[] | undefined;
  retryAfterSeconds?: number | undefined;
};

/** Whoever opens a link has proven to read the address. Fields: `name`, `password`. */
type SignUpAccountData = Form & {
  email: string;
  /** What was typed before. */
  name?: string | undefined;
  /** The least characters of the password. */
  passwordMin: number;
  error?: PasswordProblem | 'name' | undefined;
};

/** `isThere`: the address had an account already; `isElsewhere`: it began in another browser, on the way to an app. */
type SignUpDoneData = {
  email: string;
  isThere: boolean;
  isElsewhere: boolean;
  nextPath: string;
  /** Absent where there is none. */
  recoveryPath?: string | undefined;
};

/** The page at the issuer itself. */
type HomeData = {
  issuer: string;
  discoveryUrl: string;
  documentationUrl?: string | undefined;
  accountPath?: string | undefined;
};

/** A page that the console frames, too: within its own layout, with what that needs. */
type Framed = { layout?: string | undefined; shell?: object | undefined };

type ApiChoice = { identifier: string; name: string };

/** Its form posts to the page itself. Fields: `token` and those of `hidden`. */
export type InspectData = Framed & {
  /** What was typed, as it was typed. */
  hidden: Record<string, string>;
  apis: (ApiChoice & { format: 'jwt' | 'opaque'; scopes: string[] })[];
  issuer: string;
  /** A path of our own. */
  jwksPath: string;
  /** The fields that cannot be understood, and the codes of their texts. */
  problems: Record<string, string>;
  report?: WordedReport | undefined;
};

export type RequestsData = Framed & {
  hidden: Record<string, string>;
  apis: ApiChoice[];
  issuer: string;
  /** This page's own address, for a client that has its answers shown here. */
  ownAddress: string;
  endpoints: { authorize: string; token: string };
  /** The fields that are missing. */
  problems: string[];
  /** The messages, as texts and as commands. */
  steps: {
    step: 'authorize' | 'callback' | 'redeem' | 'token';
    hidden: { message: string; curl: string };
  }[];
  /** What the sign-in page answered with. */
  returned?: { hidden: Record<string, string> } | undefined;
};

export type PageData = AccountPageData & {
  home: HomeData;
  which_credential: GuideData & Framed;
  sign_in: SignInData;
  provider_account: ProviderAccountData;
  second_factor: SecondFactorData;
  authenticator_app: AuthenticatorAppData;
  passkey: ConfirmPasskeyData;
  new_passkey: NewPasskeyData;
  signed_in: SignedInData;
  recovery_codes: RecoveryCodesData;
  select_account: SelectAccountData;
  consent: ConsentData;
  device_code: DeviceCodeData;
  device_confirm: DeviceConfirmData;
  device_done: { client?: PageClient | undefined };
  sign_out: SignOutData;
  /** Frames of the apps that are told, and where the browser goes on to. */
  signing_out: { frames: readonly string[]; target: string };
  signed_out: { client?: PageClient | undefined };
  first_owner: FirstOwnerData;
  first_owner_done: { consoleUrl: string };
  recovery: RecoveryData;
  recovery_code: MailedCodeData;
  sign_up: SignUpData;
  sign_up_code: MailedCodeData;
  sign_up_account: SignUpAccountData;
  sign_up_done: SignUpDoneData;
  /**
   * A link that is good for nothing (any more). `againPath`: where another is asked for; absent: operators send them.
   * `signInPath`: of the account pages, as the link may have made the account already; absent: there are none.
   */
  sign_up_gone: { againPath?: string | undefined; signInPath?: string | undefined };
  new_password: NewPasswordData;
  recovery_done: { username: string; nextPath: string };
  error: ErrorData;
  inspect: InspectData;
  requests: RequestsData;
  /** The paths are of our own: the mail, and the same as text. `at`: milliseconds since the epoch. */
  development_mails: {
    mails: { subject: string; to: string; at: number; path: string; textPath: string }[];
  };
  /** A form that submits itself. `action` may be a client's redirect URI (form_post response mode). */
  redirecting: Form;
  /** On the way to another site. */
  leaving: { nextUrl: string };
  /** Back from another site, the sign-in is over. */
  arrived: { client: PageClient; nextUrl: string };
};

export type PageName = keyof PageData;
