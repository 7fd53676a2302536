/**
 * What a valid opaque access token stands for.
 */
import type { SignIn } from '../../definitions/authentication.ts';

export type OpaqueToken = {
  /** As in its introspection response: pairwise if the client asks for that. */
  subject: string;
  clientId: string;
  /** The user. Undefined: the client acts for itself. */
  accountId: string | undefined;
  audiences: readonly string[];
  scopes: readonly string[];
  signIn: SignIn;
  /** Bound to a key that its client holds (DPoP, mTLS). */
  isBound: boolean;
};
