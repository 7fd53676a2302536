/**
 * The columns of the table of record kinds (kinds.ts). None is optional: a new kind decides on each.
 */
import type { indexedKinds } from '../../storage/artifacts.ts';

/** A route by the library's name. */
type Route = string;

/** As the library's setting `ttl` takes it. Answers seconds. */
// biome-ignore lint/suspicious/noExplicitAny: each kind's is called with a model of that kind.
type Lifetime = (context: unknown, model: any) => number;

export type KindRow = {
  /** What people call it. */
  title: string;
  stored: {
    /** A bearer value is stored as its hash; an id that tokens name is stored as it is. */
    id: 'hashed' | 'open';
    /**
     * `once`: a late writer must not bring a spent one back to life. `by_pages`: also by our own pages, which keep
     * their result in one that has not ended meanwhile.
     */
    written: 'once' | 'again' | 'by_pages';
    /** The link by which others name what they hang on; this kind carries its own name there. */
    namedBy: 'grantId' | 'sessionUid' | 'none';
    /** What it can be found by besides. The engines have an index for each (storage/artifacts.ts). */
    lookup: keyof typeof indexedKinds | 'none';
    /** Whether its payload repeats bearer values, which must not be stored. */
    repeats: 'bearer_values' | 'nothing';
  };
  lives: {
    /** `given`: whoever makes one says. `configured`: the operator does. */
    seconds: number | Lifetime | 'given' | 'configured';
    /** Seconds that it can still be read beyond its end. */
    lingers: number;
  };
  /** How often it may be used. `limited`: as its maker says. */
  use: { times: 'any' | 'limited' } | { times: 'once'; spentBy: 'removal' } | Consumed;
  /** What counts against a stranger's network until it has led to something (unfinished_records.ts). */
  counted: Counted;
  ends: {
    /**
     * The revocations that end it. `token`: all that end tokens. `person`: the same, once somebody has signed in.
     * `grant`, `record`: its own alone. `nothing`: none is about it.
     */
    by: 'token' | 'person' | 'grant' | 'record' | 'nothing';
    /** Which revocations it knows of: all until now, those of what it was made from, those before the sign-in. */
    stamp: 'now' | 'inherited' | 'sign_in' | 'none';
    /** `begins`, `continues`: its family ends with it. `member`: it ends with its family. */
    family: 'begins' | 'continues' | 'member' | 'none';
    /** What becomes of one that is written after it was revoked. `stays`: it is judged when it is read. */
    writtenLate: 'stays' | 'is_removed' | 'is_refused';
  };
  /** What happens when the library ends it, or tells it that its grant is over, as a person signs out. */
  signOut: 'session_ends' | 'tokens_end' | 'nothing';
  /** Whether it notes in which browser it is (session_device.ts). */
  seenIn: 'browser' | 'nothing';
  /** The routes on which its end waits for the success of the request that replaces it (settlement.ts). */
  endWaitsOn: readonly Route[];
  presented: {
    /** As a bearer token, at userinfo, introspection and revocation. */
    token: 'access' | 'refresh' | 'none';
    /** The parameter of the token endpoint with which tokens are issued for it. */
    redeemedAs: 'code' | 'refresh_token' | 'device_code' | 'none';
    /** Whether operators find it by its value (`cardea inspect`, `cardea revoke token`). */
    toOperators: boolean;
  };
  /** The only routes on which a reference to it, in place of its value, is looked up. */
  referencedOn: readonly Route[];
  /** What its client must be allowed today (client_bounds.ts). */
  bounds: {
    /** Whether its scopes and claims are narrowed to those that the client may have. */
    narrowed: boolean;
    /** The grant type without which it is none. */
    grantType: 'refresh_token' | 'client_credentials' | 'none';
    /** Whether it may open userinfo beside an API (userinfo_tokens.ts). */
    userinfo: boolean;
  };
};

export type Consumed = {
  times: 'once';
  spentBy: 'consumption';
  /** Whether its client may repeat it for some seconds. */
  grace: boolean;
  /** Where the library does not see that it was spent: consumption.ts decides. */
  unseenOn: 'token' | 'none';
  /** What a replay is refused with, and recorded as where it ends a family. */
  replay: {
    error: 'invalid_grant' | 'invalid_request_uri';
    event: 'authorization_code.reused' | 'refresh_token.reused' | 'none';
  };
};

export type Counted =
  | 'never'
  /** One in which nobody has signed in, and which the request did not bring along. */
  | 'without_person'
  | {
      /** Elsewhere it is written again. */
      on: readonly Route[];
      /** `client`: one that a client asks for that authenticates itself is no stranger's. */
      by: 'anybody' | 'client';
      /** Whether it counts wherever a client signs with a key of its own. */
      ofAssertions: boolean;
    };
