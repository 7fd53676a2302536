/**
 * The data of the account pages: as in page_data.ts. Members that end in `Path` are paths of our own that links lead to.
 */
import type { NewAuthenticatorApp, PageClient, PageUser, PasskeySignals } from './page_data.ts';

/** `at`: ISO 8601. `text`: as it is said in the language of the page. */
export type PageTime = { at: string; text: string };

export type AccountSectionId =
  | 'overview'
  | 'profile'
  | 'ways'
  | 'sessions'
  | 'apps'
  | 'api_keys'
  | 'activity'
  | 'language'
  | 'data';

export type AccountFrame = {
  sections: readonly { id: AccountSectionId; linkPath: string; isCurrent: boolean }[];
  homePath: string;
  user: PageUser;
  signOutAction: string;
  /** What the last form did. `time` stands where the text has `{time}`. */
  flash?: { tone: 'good' | 'warning'; text: string; time?: PageTime | undefined } | undefined;
  /** The app that sent the person here. */
  back?: { client: PageClient; appUrl: string } | undefined;
};

/** `hidden`: of every form of the page. */
type Framed<Data> = Data & { frame: AccountFrame; hidden: Record<string, string> };

/** `isReturning`: what was typed is shown again, as the person had to sign in first. */
type Returning = { isReturning: boolean };

/** Whether the declarative file decides it, and people cannot. */
type Managed = { isManaged: boolean };

export type AccountEvent = { text: string; facts: string[]; time: PageTime };

export type AccountField = {
  name: string;
  label: string;
  value: string;
  error?: string | undefined;
};

export type AccountWay = {
  id: string;
  title: string;
  text: string;
  /** Where there may be several of a kind. */
  items: { name: string; detail?: string | undefined; linkPath?: string | undefined }[];
  actions: { label: string; linkPath: string }[];
  /** Something is to be done about it. */
  isUrgent?: boolean;
};

export type AccountSession = {
  device: string;
  kind: 'phone' | 'tablet' | 'desktop' | 'unknown';
  ip?: string | undefined;
  signedIn?: PageTime | undefined;
  lastUsed?: PageTime | undefined;
  isThis: boolean;
  endAction: string;
};

export type AccountTrustedBrowser = Pick<AccountSession, 'device' | 'kind' | 'ip' | 'endAction'> & {
  since?: PageTime | undefined;
  until: PageTime;
};

export type AccountApp = {
  client: PageClient;
  /** What it may do, in words. */
  groups: { title?: string | undefined; scopes: string[] }[];
  since?: PageTime | undefined;
  lastUsed?: PageTime | undefined;
};

type KeyState = 'live' | 'expired' | 'revoked' | 'disabled';

type Choice = { value: string; label: string; checked: boolean };

export type AccountApiKey = {
  name: string;
  /** Its first and last characters. */
  display: string;
  state: KeyState;
  apiName: string;
  lastUsed?: PageTime | undefined;
  expires?: PageTime | undefined;
};

export type AccountPageData = {
  'account/overview': Framed<{
    rows: { id: AccountSectionId; linkPath: string; summary?: string | undefined }[];
    events: AccountEvent[];
    activityPath: string;
  }>;
  /** Fields: `version`, `username` where it may be changed, and those of `fields`. */
  'account/profile': Framed<
    Returning &
      Managed & {
        action: string;
        username: AccountField & { isEditable: boolean };
        email?: { value: string; isVerified: boolean } | undefined;
        /** Where it is changed; undefined: only by operators. */
        emailPath?: string | undefined;
        /** The address that is asked for and not yet confirmed. */
        emailAskedFor?: string | undefined;
        fields: AccountField[];
        error?: string | undefined;
        signals?: PasskeySignals | undefined;
      }
  >;
  /** Field: `email`. */
  'account/email': Framed<
    Returning & {
      action: string;
      email: AccountField;
      error?: string | undefined;
      cancelPath: string;
    }
  >;
  /** A mail is on its way. Field: `code`. */
  'account/email_sent': Framed<{
    email: string;
    action: string;
    withdrawAction: string;
    againPath: string;
    profilePath: string;
    error?: string | undefined;
  }>;
  'account/ways': Framed<{ ways: AccountWay[]; signals?: PasskeySignals | undefined }>;
  /** Fields: `current_password` where it is asked for, `new_password`, `end_sessions` (`yes`). */
  'account/password': Framed<
    Managed & {
      action: string;
      /** For password managers. */
      username: string;
      email?: string | undefined;
      hasPassword: boolean;
      asksCurrent: boolean;
      /** Where "sign in again instead" leads. */
      againPath: string;
      passwordMin: number;
      endsSessions: boolean;
      error?: { field: 'current' | 'new'; text: string } | undefined;
    }
  >;
  /** Field: `end_sessions` (`yes`). */
  'account/password_removal': Framed<{ action: string; cancelPath: string }>;
  /** Fields: `code`, `name`. */
  'account/new_authenticator_app': Framed<
    NewAuthenticatorApp & {
      action: string;
      name: AccountField;
      /** The name of the one that it takes the place of. */
      replaces?: string | undefined;
      error?: string | undefined;
      cancelPath: string;
    }
  >;
  'account/authenticator_app': Framed<{
    name: string;
    added: PageTime;
    lastUsed?: PageTime | undefined;
    replacePath: string;
    removeText: string;
    /** Undefined: the person has to keep it. */
    removeAction?: string | undefined;
    listPath: string;
  }>;
  /** Field: `credential`. */
  'account/new_passkey': Framed<{
    action: string;
    ceremony: object;
    error?: string | undefined;
    cancelPath: string;
  }>;
  /** Field: `name`. */
  'account/passkey': Framed<{
    title: string;
    added: PageTime;
    lastUsed?: PageTime | undefined;
    /** Whether it is on several devices. */
    isSynced: boolean;
    name: AccountField;
    renameAction: string;
    removeAction: string;
    listPath: string;
  }>;
  /** An account at a provider, to be connected or removed. `label`: as it is called there. */
  'account/identity': Framed<{
    title: string;
    text: string;
    label?: string | undefined;
    added?: PageTime | undefined;
    lastUsed?: PageTime | undefined;
    submit: string;
    action: string;
    isRemoval: boolean;
    listPath: string;
  }>;
  'account/recovery_codes': Framed<{ hasOld: boolean; action: string; cancelPath: string }>;
  'account/recovery_codes_shown': Framed<{ codes: string[]; listPath: string }>;
  'account/browsers': Framed<{ browsers: AccountTrustedBrowser[]; endAllAction: string }>;
  'account/sessions': Framed<{
    sessions: AccountSession[];
    hasOthers: boolean;
    hasMore: boolean;
    endOthersAction: string;
    passwordPath: string;
    appsPath: string;
  }>;
  'account/apps': Framed<{ apps: (AccountApp & { detailsPath: string })[] }>;
  'account/app': Framed<AccountApp & { action: string; cancelPath: string }>;
  'account/api_keys': Framed<{
    keys: (AccountApiKey & { detailsPath: string })[];
    createPath?: string | undefined;
    error?: string | undefined;
  }>;
  'account/api_key_api': Framed<{
    apis: { name: string; choosePath: string }[];
    cancelPath: string;
  }>;
  /** Fields: `key`, `name`, `scope` (any number), `expires_in`. */
  'account/api_key_form': Framed<
    Returning & {
      action: string;
      apiName: string;
      name: AccountField;
      scopes: Choice[];
      scopesError?: string | undefined;
      lifetimes: Choice[];
      lifetimesError?: string | undefined;
      error?: string | undefined;
      cancelPath: string;
    }
  >;
  'account/api_key': Framed<
    AccountApiKey & {
      created: PageTime;
      scopes: string[];
      usage: { allowed: string; refused: string };
      rotateAction?: string | undefined;
      revokePath?: string | undefined;
      listPath: string;
      error?: string | undefined;
    }
  >;
  'account/api_key_revoke': Framed<{ name: string; action: string; cancelPath: string }>;
  'account/api_key_shown': Framed<{
    name: string;
    apiKey: string;
    oldUntil?: PageTime | undefined;
    listPath: string;
  }>;
  'account/activity': Framed<{
    events: AccountEvent[];
    olderPath?: string | undefined;
    newestPath?: string | undefined;
  }>;
  /** Field: `locale`. */
  'account/language': Framed<Managed & { action: string; choices: Choice[] }>;
  'account/data': Framed<
    Managed & {
      downloadAction: string;
      /** `after`: how long it waits. */
      deletion?: { linkPath: string; after: string } | undefined;
    }
  >;
  /** Field: `confirmation`. */
  'account/deletion': Framed<
    Returning & {
      action: string;
      username: string;
      after: string;
      /** Whether the person is an operator. */
      hasRole: boolean;
      typed: string;
      error?: string | undefined;
      cancelPath: string;
    }
  >;
  /** What a page cannot be. */
  'account/message': Framed<{ title: string; text: string }>;
  /** To somebody who is no longer signed in. */
  'account/deletion_requested': { date: PageTime; signInPath: string };
  /** To somebody with a link from an operator. Fields: `link`, `username`, `password`. */
  'account/setup_link': {
    action: string;
    hidden: Record<string, string>;
    /** The secret of the link, where it was sent before; a script takes it from the address. */
    link?: string | undefined;
    username?: string | undefined;
    error?: 'invalid_link' | 'wrong_password' | 'throttled' | undefined;
    retryAfterSeconds?: number | undefined;
  };
  /** Behind it. Field: `code`. */
  'account/setup_app': NewAuthenticatorApp & {
    action: string;
    hidden: Record<string, string>;
    error?: 'wrong_code' | undefined;
  };
  'account/setup_done': { codes: string[]; accountPath: string };
  /** To whoever follows the link of a mail about an address. `confirmed`: the new one; `restored`: the one from before. */
  'account/email_link': {
    action: string;
    hidden: Record<string, string>;
    will: 'confirmed' | 'restored';
    username: string;
    email: string;
  };
  'account/email_done': {
    outcome: 'confirmed' | 'restored' | 'taken' | 'gone';
    email?: string | undefined;
    nextPath: string;
  };
  'account/outcome': { title: string; text: string; isFailed: boolean; signInPath: string };
};
