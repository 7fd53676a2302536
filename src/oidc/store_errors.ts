/**
 * A lost store, said in the library's words: `temporarily_unavailable` with status 503 (RFC 6749 section
 * 4.1.2.1) instead of an internal error. Retry-After is set by the middleware that serves the library.
 */
import { type Adapter, errors } from 'oidc-provider';
import { StoreUnavailableError } from '../storage/errors.ts';

export function translateStoreErrors(adapter: Adapter): Adapter {
  return new Proxy(adapter, {
    get(target, name) {
      const operation = Reflect.get(target, name);
      if (typeof operation !== 'function') return operation;
      return (...parameters: unknown[]) => operation.apply(target, parameters).catch(rethrow);
    },
  });
}

export function rethrow(error: unknown): never {
  if (!(error instanceof StoreUnavailableError)) throw error;
  const unavailable = new errors.CustomOIDCProviderError('temporarily_unavailable', error.message);
  throw Object.assign(unavailable, { status: 503, statusCode: 503, expose: true, cause: error });
}
