/**
 * The pages of the inspector: for everybody at `/inspect` where the operator allows that, and for the console, which
 * brings its own frame and knows its visitor.
 */
import type { Context, Middleware } from 'koa';
import type { ApiRegistry } from '../apis/room.ts';
import { requestState } from '../http/request_state.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';
import type { InspectorPage } from './framed_routes.ts';
import { createInspectPage } from './inspect_routes.ts';
import type { Inspection } from './inspection.ts';
import type { Visitor } from './records/inspected.ts';
import { createRequestsPage } from './request_routes.ts';

export type InspectorPages = {
  inspect: InspectorPage;
  requests: InspectorPage;
  /** Undefined where the operator does not allow them. */
  ofStrangers: { inspect: Middleware; requests: Middleware } | undefined;
};

const stranger: Visitor = { seesRecords: false, fetchesKeys: false };

export function createInspectorPages({
  budget,
  isPublic,
  ...dependencies
}: {
  issuer: string;
  basePath: string;
  inspection: Inspection;
  apis: ApiRegistry;
  renderer: PageRenderer;
  /** How much strangers may have inspected: each time a signature is checked. */
  budget: NetworkBudget;
  isPublic: boolean;
}): InspectorPages {
  const { basePath } = dependencies;
  const inspect = createInspectPage(dependencies);
  const requests = createRequestsPage(dependencies);

  const forStrangers =
    (page: InspectorPage, path: string): Middleware =>
    async (context) => {
      const ctx = context as Context;
      if (ctx.method === 'POST') await budget.take(requestState(ctx).address.ip, 1);
      await page(ctx, { visitor: stranger, path: `${basePath}${path}` });
    };

  return {
    ...{ inspect, requests },
    ofStrangers: isPublic
      ? {
          inspect: forStrangers(inspect, '/inspect'),
          requests: forStrangers(requests, '/inspect/requests'),
        }
      : undefined,
  };
}
