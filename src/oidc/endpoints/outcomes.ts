/**
 * What happened, for the records: audit events, metrics, fields of the log line. It looks at a request after
 * the library has answered it, and changes nothing in the answer.
 */
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../../audit/room.ts';
import { fingerprint } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import { grantTypeLabel } from '../../telemetry/grant_type_labels.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { exchangedToken } from '../grants/token_exchange.ts';

type AuditEventInput = Parameters<Audit['record']>[0];

export type OutcomeDependencies = {
  audit: Pick<Audit, 'record' | 'recordSoon'>;
  metrics: Pick<Metrics, 'countToken'>;
};

export function createOutcomes({ audit, metrics }: OutcomeDependencies): Middleware {
  const describe = (ctx: KoaContextWithOIDC): AuditEventInput | undefined => {
    const { oidc, status } = ctx;
    switch (oidc.route) {
      case 'token':
        return status === 200 ? issued(ctx) : undefined;
      case 'end_session_confirm': {
        const session = oidc.session as { destroyed?: boolean; accountId?: string } | undefined;
        if (!session?.destroyed) return undefined;
        return { type: 'sign_out', outcome: 'success', userId: session.accountId };
      }
      case 'registration':
        return status === 201 ? changed('client.created') : undefined;
      case 'client_update':
        return status === 200 ? changed('client.updated') : undefined;
      case 'client_delete':
        return status === 204 ? changed('client.deleted') : undefined;
      default:
        return undefined;
    }
  };

  return async function recordOutcome(ctx, next) {
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (!oidc) return;
    const state = requestState(ctx);
    const params = oidc.params as { grant_type?: unknown } | undefined;
    const grantType = typeof params?.grant_type === 'string' ? params.grant_type : undefined;
    state.logFields.client_id = oidc.client?.clientId;
    state.logFields.grant_type = grantType && grantTypeLabel(grantType);
    state.logFields.error = (ctx.body as { error?: string } | null)?.error;

    if (oidc.route === 'token' && ctx.status === 200 && grantType) {
      const clientKind = oidc.client?.clientAuthMethod === 'none' ? 'public' : 'confidential';
      metrics.countToken({ grantType, clientKind });
    }
    const described = describe(ctx as unknown as KoaContextWithOIDC);
    if (!described) return;
    const event = {
      clientId: oidc.client?.clientId,
      requestId: state.requestId,
      ip: state.address.ip,
      ...described,
    };
    // Issuing is routine and does not wait for a disk that keeps up; all else is on record before it is answered.
    if (oidc.route === 'token') await audit.recordSoon(event);
    else await audit.record(event);
  };
}

function issued(ctx: KoaContextWithOIDC): AuditEventInput {
  const { oidc } = ctx;
  const exchanged = exchangedToken(ctx);
  const { AccessToken, ClientCredentials, RefreshToken } = oidc.entities;
  const token = AccessToken ?? ClientCredentials;
  const jti = token?.jti ?? exchanged?.jti;
  const grantType = String((oidc.params as { grant_type?: string }).grant_type);
  return {
    type: grantType === 'refresh_token' ? 'token.refreshed' : 'token.issued',
    outcome: 'success',
    userId: AccessToken?.accountId,
    details: {
      grant_type: grantType,
      scope: token?.scope ?? exchanged?.scope,
      audience: token?.aud ?? exchanged?.audience,
      token: jti && fingerprint(jti),
      refresh_token: RefreshToken?.jti && fingerprint(RefreshToken.jti),
    },
  };
}

function changed(type: 'client.created' | 'client.updated' | 'client.deleted'): AuditEventInput {
  return { type, outcome: 'success', actor: 'dynamic_registration' };
}
