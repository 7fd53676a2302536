/**
 * What every layer has to know of a route. app/routes.ts is the table of them; nobody else compares paths.
 */
import type { Middleware } from 'koa';
import type { Handler } from '../answer.ts';

/** Which serialiser writes an error: RFC 6749 section 5.2, RFC 9457, or a page for whoever takes HTML. */
export type ErrorFamily = 'oauth' | 'problem' | 'page';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An answer that a page of any origin may have. */
export type PublicAnswer = {
  /** Request headers that the page may send, as `Access-Control-Allow-Headers` lists them. */
  send: string;
  /** Response headers that it may see, as `Access-Control-Expose-Headers` lists them. */
  see: string;
};

export type Route = {
  /**
   * Below the issuer's path: `/token`, `/interaction/:uid`, `/assets/*file`. There is one way to write an address:
   * case and a slash at its end count.
   */
  path: string;
  /** HEAD comes with GET, and OPTIONS with `cors`. */
  methods: readonly Method[] | 'any';
  /** In the log and as the label of metrics. */
  name: string;
  errors: ErrorFamily;
  /** Bytes that a request's body may have. */
  bodyLimit: number;
  /** Which pages of other origins may call it: none, those of the client that asks (it answers them itself), or any. */
  cors: 'none' | 'clients' | PublicAnswer;
  /**
   * Found by its exact path before any pattern is tried. With a handler, plain requests take the direct way (direct/).
   * Such a path has no parameter, but that it may end with one: `/status-lists/:id`.
   */
  hot: boolean;
  /** The level of its line in the log; `debug` where programs ask all day. What fails is told at `info` in any case. */
  log: 'info' | 'debug';
  /**
   * Run ahead of the answer, in this order and whatever the method is. Where the route is hot and has a handler, they
   * look at the query alone: without one, the request takes the direct way past them.
   */
  guards: readonly Middleware[];
  /** Answers by value, ahead of `answer`, which gets what it leaves alone. */
  handler?: Handler | undefined;
  /** Undefined, without a handler: the configuration leaves it out, and there is no such address. */
  answer?: Middleware | undefined;
};

/** What is known of a request by its path and method. */
export type RouteMatch = {
  /** `unmatched` for an address that does not exist; a preflight's begins with `cors.`. */
  name: string;
  errors: ErrorFamily;
  /** Below the issuer's; undefined: outside of it. */
  path: string | undefined;
  /** What the route's path leaves open, as it was sent. */
  params: Readonly<Record<string, string>>;
  /** Undefined: there is no such address. */
  route: Route | undefined;
  /** Guards, then the answer. */
  serve: Middleware | undefined;
};
