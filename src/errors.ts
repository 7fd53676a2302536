/**
 * The only error type that rooms throw on purpose. `code`, `status` and `message` go to the caller; `cause`
 * goes to the log only. The serializers in http/ turn it into a response.
 */
export type ErrorDetails = {
  /** Stable machine-readable code, snake_case. */
  code: string;
  /** HTTP status of the response. */
  status: number;
  /** Text for the caller. Says what to do, reveals nothing internal. */
  message: string;
  /** For the log only. */
  cause?: unknown;
  /** Seconds after which a retry makes sense (Retry-After, RFC 9110 section 10.2.3). */
  retryAfter?: number;
  /** Where its page leads on. */
  wayOn?: WayOn;
};

/** Where a person goes on from the page of an error. */
export type WayOn = {
  /** The app's sign-in from its beginning, the app with an error response, or a page of ours. */
  to: 'sign_in' | 'app' | 'device' | 'sign_out' | 'home';
  nextUrl: string;
  /** Of the client. */
  websiteUrl?: string | undefined;
  /** `host`: where it leads to in the end. */
  client?: { name: string; host?: string | undefined } | undefined;
  /** As the request had it (OpenID Connect Core 3.1.2.1). */
  uiLocales?: string | undefined;
};

export class CardeaError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly wayOn: WayOn | undefined;

  constructor({ code, status, message, cause, retryAfter, wayOn }: ErrorDetails) {
    super(message, { cause });
    this.name = 'CardeaError';
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    this.wayOn = wayOn;
  }
}
