/**
 * A third-party program as this script tries it against a real Cardea. Each is a folder in `programs/` whose
 * `program.ts` exports one of these as `program`, beside what the program itself reads: sources, configuration,
 * lists of dependencies with exact versions.
 */

/** The registry that an ordinary client installs the program from. */
type Registry = 'npm' | 'PyPI' | 'Go' | 'crates.io' | 'Maven' | 'Debian';

/** What the script made for one program. */
export type Place = {
  /** Cardea's issuer URL. */
  issuer: string;
  /** Where the program listens, and where its redirect URIs point. */
  origin: string;
  port: number;
  /** A copy of the program's folder, in which it may install and write; kept between runs. */
  folder: string;
};

/** What a browser shows; of a redirect that nobody answers, its status and no body. */
export type Shown = { url: string; status: number; body: string };

/** A person who signs in, on the pages of Cardea, as a browser without scripts does. */
export type Person = {
  username: string;
  /** For programs that are tried in a browser of their own (harness/browser.ts). */
  password: string;
  /**
   * Opens a URL, follows redirects, signs in, consents, confirms a device and signs out where Cardea asks.
   * Resolves with the first page, or refused redirect, that is not Cardea's, or that page of Cardea which asks nothing.
   * @throws where a page of Cardea shows an error, with its text
   */
  visit(url: string): Promise<Shown>;
  /** Sends the form of a page of the program whose action matches, and goes on like `visit`. */
  submit(page: Shown, action: RegExp, fields?: Record<string, string>): Promise<Shown>;
};

export type Program = {
  /** As its makers spell it. */
  name: string;
  registry: Registry;
  /** The exact version that is tried. */
  version: string;
  /** Which flow is tried, in the words of the standards: `code + PKCE, refresh`. */
  flow: string;
  /** What had to be set on either side beyond issuer, client ID, secret and redirect URI; empty: nothing. */
  settings: string;
  /** Its part of Cardea's declarative file; several programs may name the same API in the same words. */
  declaration(origin: string): { clients?: object[]; apis?: object[]; scopes?: object[] };
  /** Downloads and builds; run once for a version. */
  install(place: Place): Promise<void>;
  /**
   * Runs the flow, and ends whatever it started.
   * Resolves with what was seen, in a few words: `name and e-mail of the ID token shown`.
   * @throws where the program does not do what it is for
   */
  attempt(place: Place, person: Person): Promise<string>;
};
