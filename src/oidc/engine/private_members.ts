/**
 * Members of the library's objects that its types do not tell of, and that Cardea reads. What it replaces is in
 * overrides.ts. Each has a test that fails when the library changes it.
 */
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ProgramContext } from './program_context.ts';

type Session = {
  state?: { secret?: string };
  destroyed?: boolean;
  accountId?: string;
};

const sessionOf = ({ oidc }: KoaContextWithOIDC) => oidc.session as unknown as Session | undefined;

/** The value by which a form of the library's is known for its own; empty where the library made none. */
export function antiForgeryToken(ctx: KoaContextWithOIDC): string {
  return sessionOf(ctx)?.state?.secret ?? '';
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

/**
 * Gives the request a session of a person who has just signed in; `loginTs` in seconds since the epoch, `asOf`: the
 * last revocation before. Answers what saves it, for that many seconds.
 */
export function startSession(
  { oidc }: ProgramContext,
  {
    asOf,
    ...login
  }: { accountId: string; loginTs: number; acr: string; amr: string[]; asOf: number },
): (seconds: number) => Promise<unknown> {
  const { Session: model } = oidc.provider;
  const session = new (model as unknown as new () => Started)();
  session.loginAccount(login);
  Object.assign(oidc, { session, result: { login: { as_of: asOf } } });
  return (seconds) => session.save(seconds);
}

type Started = { loginAccount(login: object): void; save(seconds: number): Promise<unknown> };
