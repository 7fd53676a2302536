/**
 * Holds the current Provider. The library fixes its keys when it is built, so each change of the keys
 * builds the next one and swaps it in; requests under way end on the one they began with.
 */
import type { EventEmitter } from 'node:events';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { requestState } from '../../http/request_state.ts';
import type { SigningKey } from '../../signing_keys/room.ts';
import type { Step } from '../../telemetry/tracing/spans.ts';
import type { Refusals } from '../endpoints/refusals.ts';
import { ownFault } from './internal_faults.ts';

/** A source of signing keys: those in use for verification, the preferred one for signing first. */
export type KeySource = {
  keys(): readonly SigningKey[];
  onChange(listener: () => void): () => void;
};

/** The library's events of refused requests. */
const refusals = [
  ...['authorization', 'pushed_authorization_request', 'device_authorization'],
  ...['code_verification', 'device_resume', 'userinfo'],
  ...['registration_create', 'registration_read', 'registration_update', 'registration_delete'],
  ...['end_session', 'end_session_confirm', 'end_session_success'],
].map((name) => `${name}.error`);

export type ProviderHost = {
  current(): Provider;
  /** Serves the library's routes. */
  middleware: Middleware;
  close(): void;
};

export function createProviderHost({
  build,
  keySource,
  explain,
  countSignOut,
  step,
}: {
  build: (keys: readonly SigningKey[]) => Provider;
  keySource: KeySource;
  explain: Refusals['ofError'];
  /** Called when somebody has signed out. */
  countSignOut: () => void;
  step: Step;
}): ProviderHost {
  const assemble = () => {
    const provider = build(keySource.keys());
    // The error serialiser answers and logs it; the library's own answer says nothing.
    provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
      requestState(ctx).failure = error;
    });
    for (const event of refusals) {
      (provider as EventEmitter).on(event, (ctx: KoaContextWithOIDC, error: Error) => {
        // What the library took for a fault of the request, but was ours.
        const fault = ownFault(error);
        if (fault) requestState(ctx).failure = fault;
        else requestState(ctx).refusal = () => explain(ctx, error);
      });
    }
    provider.on('end_session.success', countSignOut);
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
    middleware: (ctx, next) => step('engine', () => active.serve(ctx as never, next)),
    close: stopListening,
  };
}
