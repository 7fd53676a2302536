/**
 * What a page keeps of the request that led to it, so that the person can go on when the page has expired: sealed, in
 * the page's own address and forms (docs/decisions/expired-pages.md). Nothing is stored, and a token opens nothing: it
 * only repeats a request, which is checked anew.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Provider } from 'oidc-provider';
import type { Secrets } from '../../secrets/room.ts';
import { createSealedValues } from './sealed_values.ts';

export type Restart =
  /** The authorization request can be made again. */
  | { as: 'request'; query: string }
  /** It cannot; the client is told that it has expired. */
  | { as: 'refusal'; query: string }
  /** The person enters a device's code again. */
  | { as: 'device' }
  | { as: 'sign_out'; query: string };

type Interaction = Pick<
  InstanceType<Provider['Interaction']>,
  'params' | 'trusted' | 'deviceCode'
> & { parJti?: string | undefined };

export type Restarts = {
  /**
   * The token for the pages of an interaction; `given` where that says the same, so that a page keeps its address. It
   * fits into a URL as it is.
   */
  ofInteraction(interaction: Interaction, given?: unknown): string;
  /** The token for a sign-out request with these parameters. */
  ofSignOut(params: Record<string, unknown>): string;
  /** Undefined: it was not sealed here. */
  open(token: unknown): Restart | undefined;
};

/** Characters of a request that is repeated: with its cookies, a response stays below the 4 KiB that proxies take. */
const longest = 1024;
/** What an error response needs (RFC 6749 section 4.1.2.1). */
const responseParameters = ['client_id', 'redirect_uri', 'response_type', 'response_mode', 'state'];

export function createRestarts(secrets: Pick<Secrets, 'seal' | 'open'>): Restarts {
  const { seal: tokenOf, open } = createSealedValues<Restart>(secrets, 'restart');

  return {
    ofInteraction(interaction, given) {
      const restart = restartOf(interaction);
      return isDeepStrictEqual(open(given), restart) ? String(given) : tokenOf(restart);
    },

    ofSignOut: (params) => tokenOf({ as: 'sign_out', query: queryOf(params) }),

    open,
  };
}

function restartOf({ params, trusted, deviceCode, parJti }: Interaction): Restart {
  if (deviceCode !== undefined) return { as: 'device' };
  // A pushed or signed request holds once, and may say what belongs into no URL.
  const isOnce = parJti !== undefined || (trusted?.length ?? 0) > 0;
  const query = queryOf(params);
  if (!isOnce && query.length <= longest) return { as: 'request', query };
  return { as: 'refusal', query: queryOf(params, responseParameters) };
}

/** A parameter may have several values (`resource`, RFC 8707). */
function queryOf(params: Record<string, unknown>, names = Object.keys(params)): string {
  const query = new URLSearchParams();
  for (const name of names) {
    for (const value of [params[name] ?? []].flat()) query.append(name, String(value));
  }
  return query.toString();
}
