/**
 * What each page is given. The routes that render a page fill these types; safe_data.ts makes the
 * content harmless; the templates in views/pages read it as `it.data`.
 *
 * In all of them `action` and `…Action` are where a form posts (a path of our own), and `hidden`
 * holds the form's fields that nobody types, such as the anti-forgery token, sent back unchanged.
 */
type Form = { action: string; hidden: Record<string, string> };

/** A client as people meet it. Everything in it was chosen by whoever registered the client. */
export type PageClient = {
  name: string;
  /** Host of the redirect URI: the one fact here that the client can't make up. */
  host?: string | undefined;
  /** A path of our own; never a foreign address (docs/decisions/client-logos.md). */
  logoUrl?: string | undefined;
  /** `policy_uri` and `tos_uri` (RFC 7591 section 2), http(s) only. */
  policyUrl?: string | undefined;
  termsUrl?: string | undefined;
};

/** Fields: `username`, `password`. */
export type SignInData = Form & {
  /** Typed before, or `login_hint`. */
  username?: string | undefined;
  error?: 'invalid_credentials' | 'throttled' | 'expired' | undefined;
  retryAfterSeconds?: number | undefined;
  client?: PageClient | undefined;
  /** Where "cancel" posts `hidden`; without it nothing to cancel is offered. */
  cancelAction?: string | undefined;
};

export type PageScope = {
  /** The scope-token itself. */
  name: string;
  title: string;
  description?: string | undefined;
  /** Comes with every consent: shown without a choice. */
  required: boolean;
  checked: boolean;
};

/** Fields: `scope`, once for each chosen optional scope. */
export type ConsentData = Form & {
  client: PageClient;
  user: { name?: string | undefined; username: string };
  /** The user's own data without a title, then one group for each API. Empty groups are left out. */
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

/** `hidden` says `confirm=yes` already; the refusing button adds `abort=yes`. */
export type DeviceConfirmData = Form & {
  client: PageClient;
  userCode: string;
  /** Where the request came from, as far as known. */
  device: { ip?: string | undefined; userAgent?: string | undefined };
};

/** The agreeing button adds `logout=yes`, the other one nothing. */
export type SignOutData = Form & { client?: PageClient | undefined };

export type ErrorData = {
  /** In place of the page's own heading for the code. */
  title?: string | undefined;
  /** An OAuth error code, or one of our own, snake_case. */
  code: string;
  /** Technical and in English: for whoever builds the client. */
  description?: string | undefined;
  status: number;
};

export type PageData = {
  sign_in: SignInData;
  consent: ConsentData;
  device_code: DeviceCodeData;
  device_confirm: DeviceConfirmData;
  device_done: { client?: PageClient | undefined };
  sign_out: SignOutData;
  signed_out: { client?: PageClient | undefined };
  error: ErrorData;
  /** A form that sends itself; `action` may be a client's redirect URI (form_post response mode). */
  redirecting: Form;
};

export type PageName = keyof PageData;
