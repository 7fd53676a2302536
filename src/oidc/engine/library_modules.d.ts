/** The modules of the library that library_parts.ts imports, as they are called there. */
declare module 'oidc-provider/lib/helpers/als.js' {
  const storage: import('node:async_hooks').AsyncLocalStorage<object>;
  export default storage;
}

declare module 'oidc-provider/lib/helpers/client_id_metadata_document.js' {
  export function isValidClientIdUrl(id: string): boolean;
}

declare module 'oidc-provider/lib/helpers/validate_dpop.js' {
  type Provider = import('oidc-provider').Provider;
  type Context = import('./program_context.ts').ProgramContext;
  type DpopProof = import('./library_parts.ts').DpopProof;

  /** Undefined: the request carries no proof. Throws InvalidDpopProof, UseDpopNonce. */
  export default function validateDpop(
    provider: Provider,
    ctx: Context,
    accessToken?: string,
  ): Promise<DpopProof | undefined>;
  /** Throws an error of this class, or InvalidGrant, for a proof that was used before. */
  export function checkDpopReplay(
    provider: Provider,
    ctx: Context,
    proof: DpopProof | undefined,
    clientId: string,
    ErrorClass?: new (message: string) => Error,
  ): Promise<void>;
}

declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  type Context = import('./program_context.ts').ProgramContext;

  export default function internals(provider: import('oidc-provider').Provider): {
    grantTypeHandlers: ReadonlyMap<string, (ctx: Context) => Promise<void>>;
    features: { registration: object };
  };
}

declare module 'oidc-provider/lib/shared/client_auth.js' {
  type Context = import('./program_context.ts').ProgramContext;

  const steps: ((ctx: Context, next: () => Promise<void>) => Promise<void>)[];
  export default steps;
  export function getClientAuthParams(ctx: Context): Set<string>;
}

declare module 'oidc-provider/lib/actions/end_session.js' {
  type Context = import('oidc-provider').KoaContextWithOIDC;

  /** The last ends the session; those before it read and check the form. */
  export const confirm: ((ctx: Context, next: () => Promise<void>) => Promise<void>)[];
}

declare module 'oidc-provider/lib/shared/reject_dupes.js' {
  type Context = import('./program_context.ts').ProgramContext;

  export default function rejectDupes(
    which: { except?: ReadonlySet<string> },
    ctx: Context,
    next: () => void,
  ): void;
}

declare module 'oidc-provider/lib/actions/authorization/index.js' {
  type Context = import('./program_context.ts').ProgramContext;

  /** The steps of an endpoint, each around the next. */
  export default function steps(
    endpoint: 'authorization',
  ): ((ctx: Context, next: () => Promise<void>) => unknown)[];
}

declare module 'oidc-provider/lib/actions/userinfo.js' {
  type Context = import('./program_context.ts').ProgramContext;

  const steps: ((ctx: Context, next: () => Promise<void>) => unknown)[];
  export default steps;
}

declare module 'oidc-provider/lib/helpers/process_response_types.js' {
  type Context = import('./program_context.ts').ProgramContext;

  /** Makes what the request's response type names, of the session and grant in the context. */
  export default function processResponseTypes(ctx: Context): Promise<{ code?: string }>;
}
