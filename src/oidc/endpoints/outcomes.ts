/**
 * What happened, for the records: audit events, metrics, fields of the log line. It looks at a request after
 * the library has answered it, and changes nothing in the answer.
 */
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../../audit/room.ts';
import { requestState } from '../../http/request_state.ts';
import { signedOut } from '../engine/private_members.ts';

type AuditEventInput = Parameters<Audit['record']>[0];

/** The event that a request was, once it is answered; undefined: none. */
type Describe = (ctx: KoaContextWithOIDC) => AuditEventInput | undefined;

export type Outcomes = {
  /** For the log line alone. */
  ofRequest: Middleware;
  ofSignOut: Middleware;
};

export function createOutcomes({ audit }: { audit: Pick<Audit, 'record'> }): Outcomes {
  const recording = (record: (ctx: KoaContextWithOIDC) => Promise<void>): Middleware =>
    async function recordOutcome(context, next) {
      await next();
      const ctx = context as unknown as KoaContextWithOIDC;
      const { oidc } = ctx as Partial<KoaContextWithOIDC>;
      if (!oidc) return;
      const { logFields } = requestState(ctx);
      logFields.client_id = oidc.client?.clientId;
      logFields.error = (ctx.body as { error?: string } | null)?.error;
      await record(ctx);
    };
  const eventOf = (ctx: KoaContextWithOIDC, event: AuditEventInput): AuditEventInput => {
    const { requestId, address } = requestState(ctx);
    return { clientId: ctx.oidc.client?.clientId, requestId, ip: address.ip, ...event };
  };
  /** On record before it is answered. */
  const recordingEvent = (describe: Describe) =>
    recording(async (ctx) => {
      const event = describe(ctx);
      if (event) await audit.record(eventOf(ctx, event));
    });

  return {
    ofRequest: recording(async () => {}),

    ofSignOut: recordingEvent((ctx) => {
      const gone = signedOut(ctx);
      return gone && { type: 'sign_out', outcome: 'success', userId: gone.accountId };
    }),
  };
}
