/**
 * What one step of a request leaves for a later one, where the library calls both and has no place for it. The file
 * that fills a slot owns it and exports how it is read; nobody else can fill it. Kept beside the request's context,
 * gone with it.
 */
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';

export type RequestSlot<T> = {
  /** `context`: where the library is not serving the request yet, or not any more. Undefined outside of a request. */
  get(context?: object): T | undefined;
  /** Replaces what was there. Does nothing outside of a request. */
  set(value: T, context?: object): void;
};

export function createRequestSlot<T>(): RequestSlot<T> {
  const values = new WeakMap<object, T>();
  return {
    get: (context = Provider.ctx) => context && values.get(context),
    set(value, context = Provider.ctx) {
      if (context) values.set(context, value);
    },
  };
}

/** The request that the library is serving; undefined outside of one. */
export function currentContext(): KoaContextWithOIDC | undefined {
  return Provider.ctx;
}

/** Its route by the library's name (`token`, `userinfo`, `introspection`). */
export function currentRoute(): string | undefined {
  return Provider.ctx?.oidc.route;
}
