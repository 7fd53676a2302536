/**
 * Members of the library's objects that its types do not tell of, and that Cardea reads. What it replaces is in
 * overrides.ts. Each has a test that fails when the library changes it.
 */
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';

type Session = {
  state?: { secret?: string };
  new?: boolean;
  destroyed?: boolean;
  accountId?: string;
};

const sessionOf = ({ oidc }: KoaContextWithOIDC) => oidc.session as unknown as Session | undefined;

/** The value by which a form of the library's is known for its own; empty where the library made none. */
export function antiForgeryToken(ctx: KoaContextWithOIDC): string {
  return sessionOf(ctx)?.state?.secret ?? '';
}

/** Whether the session began with this request. */
export function isNewSession(ctx: KoaContextWithOIDC): boolean {
  return sessionOf(ctx)?.new === true;
}

/** Who signed out with this request; undefined: nobody did. */
export function signedOut(ctx: KoaContextWithOIDC): { accountId: string | undefined } | undefined {
  const session = sessionOf(ctx);
  return session?.destroyed ? { accountId: session.accountId } : undefined;
}

/** Builds a client without storing it. Throws the library's errors where the metadata is wrong. */
export function buildClient({ Client: model }: Provider, metadata: object): Client {
  return new (model as unknown as new (metadata: object) => Client)(metadata);
}

/**
 * The same of a metadata document: of lists it keeps what is supported, and where the document leaves a choice
 * (OpenID Connect Relying Party Metadata Choices 1.0) it chooses.
 */
export function buildDocumentClient({ Client: model }: Provider, metadata: object): Client {
  type Build = new (metadata: object, ctx: undefined, options: { cimd: boolean }) => Client;
  return new (model as unknown as Build)(metadata, undefined, { cimd: true });
}
