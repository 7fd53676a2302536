/** One running interaction, as the steps see it. */
import type { Client, Provider } from '../oidc/room.ts';

/** The library's. */
type InteractionRecord = Awaited<ReturnType<Provider['interactionDetails']>>;

export type Interaction = {
  record: InteractionRecord;
  uid: string;
  promptName: string;
  /** The authorization request's parameters, checked by then. */
  params: Record<string, unknown>;
  /** Who is signed in already. */
  accountId: string | undefined;
  grantId: string | undefined;
  client: Client;
  /**
   * `choice`: of an account other than the current one. `otherAccount`: the sign-in page, where `page` may be another one.
   * `cookies`: where cookies of this interaction belong; pages carry a query.
   */
  paths: Record<
    | 'cookies'
    | 'page'
    | 'choice'
    | 'otherAccount'
    | 'signIn'
    | 'secondFactor'
    | 'authenticatorApp'
    | 'passkey'
    | 'newPasskey'
    | 'goOn'
    | 'provider'
    | 'providerAccount'
    | 'account'
    | 'consent'
    | 'cancel'
    | 'switch',
    string
  >;
  /** Fields of every form of this interaction. */
  hidden: Record<string, string>;
  /** What its pages keep of the request (see Restarts). */
  restart: string;
  /** Where people without an account make one, on their way to this request; undefined: they cannot. */
  signUpPath(): string | undefined;
  uiLocales: string | undefined;
};

/** Where a sign-in goes on, or begins again: the page itself, or another one beside that of a consent. */
export function signInPage({ paths, promptName }: Interaction): string {
  return promptName === 'login' ? paths.page : paths.otherAccount;
}
