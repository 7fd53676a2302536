/**
 * Holds the current Provider. The library fixes its keys when it is built, so each change of the keys
 * builds the next one and swaps it in; requests under way end on the one they began with.
 */
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { requestState } from '../http/request_state.ts';
import type { SigningKey } from '../keys/keyring.ts';

/** A source of signing keys: those in use for verification, the preferred one for signing first. */
export type KeySource = {
  keys(): readonly SigningKey[];
  onChange(listener: () => void): () => void;
};

export type ProviderHost = {
  current(): Provider;
  /** Serves the library's routes. */
  middleware: Middleware;
  close(): void;
};

export function createProviderHost({
  build,
  keySource,
}: {
  build: (keys: readonly SigningKey[]) => Provider;
  keySource: KeySource;
}): ProviderHost {
  const assemble = () => {
    const provider = build(keySource.keys());
    // The error serialiser answers and logs it; the library's own answer says nothing.
    provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
      requestState(ctx).failure = error;
    });
    provider.on('backchannel.error', (ctx: KoaContextWithOIDC, _error: Error, client: Client) => {
      const { logFields } = requestState(ctx);
      const earlier = logFields.back_channel_failed;
      logFields.back_channel_failed = earlier ? `${earlier} ${client.clientId}` : client.clientId;
    });
    return { provider, serve: compose(provider.middleware) };
  };

  let active = assemble();
  const stopListening = keySource.onChange(() => {
    active = assemble();
  });

  return {
    current: () => active.provider,
    middleware: (ctx, next) => active.serve(ctx as never, next),
    close: stopListening,
  };
}
