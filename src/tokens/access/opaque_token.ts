/**
 * What a valid opaque access token stands for.
 */
import type { SignIn } from '../../definitions/authentication.ts';
import type { TokenLinks } from '../revocation/revocations.ts';

export type OpaqueToken = {
  /** As in its introspection response: pairwise if the client asks for that. */
  subject: string;
  clientId: string;
  /** The user. Undefined: the client acts for itself. */
  accountId: string | undefined;
  audiences: readonly string[];
  scopes: readonly string[];
  signIn: SignIn;
  links: TokenLinks;
  /** Bound to a key that its client holds (DPoP, mTLS). */
  isBound: boolean;
};
