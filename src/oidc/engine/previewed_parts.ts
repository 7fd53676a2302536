/**
 * The library's own steps of an authorization request and of userinfo, run without a browser and without a client that
 * has proved who it is. Only for a provider that keeps nothing (previews/). As with library_parts.ts, the version is
 * pinned, and overrides.test.ts fails when one of these steps changes.
 */
import type { Client } from 'oidc-provider';
import authorizationSteps from 'oidc-provider/lib/actions/authorization/index.js';
import userinfoSteps from 'oidc-provider/lib/actions/userinfo.js';
import processResponseTypes from 'oidc-provider/lib/helpers/process_response_types.js';
import { errors } from './library.ts';
import type { ProgramContext } from './program_context.ts';

/** How a request travels, which says nothing of what it leads to. */
const ofTransport = new Set(['loadPushedAuthorizationRequest', 'processRequestObject']);

type Step = (ctx: ProgramContext, next: () => Promise<void>) => unknown;

async function run(ctx: ProgramContext, steps: readonly Step[]): Promise<void> {
  const [step, ...rest] = steps;
  if (step) await step(ctx, () => run(ctx, rest));
}

/** The library's steps from one to another, by the names of their functions. The last is left out. */
export function previewedAuthorizationSteps(from: string, to?: string): Step[] {
  const steps = authorizationSteps('authorization');
  const at = (name: string) => {
    const index = steps.findIndex((step) => step.name === name);
    if (index < 0) throw new Error(`the library has no step ${name}`);
    return index;
  };
  return steps
    .slice(at(from), to === undefined ? undefined : at(to))
    .filter(({ name }) => !ofTransport.has(name));
}

/** Those that follow once the access token has been found. */
export function previewedUserinfoSteps(): Step[] {
  return userinfoSteps.slice(
    userinfoSteps.findIndex(({ name }) => name === 'loadAccessTokenClient'),
  );
}

/**
 * Decides an authorization request for whoever `ctx` has a session of, and answers the code. `agree` is called where
 * the person would be asked for consent; whatever else somebody would have to be asked is refused here. Throws the library's errors.
 */
export async function authorize(ctx: ProgramContext, agree: () => Promise<void>): Promise<string> {
  await run(ctx, previewedAuthorizationSteps('checkClient', 'interactions'));
  if (!ctx.oidc.account) {
    throw new errors.LoginRequired('there is no such user, or the user is disabled');
  }
  const isAsked = ctx.oidc.prompts.has('consent');
  ctx.oidc.params.prompt = 'none';
  if (isAsked || (await wouldAsk(ctx))) await agree();
  let code: string | undefined;
  await run(ctx, [
    ...previewedAuthorizationSteps('interactions', 'respond'),
    async () => {
      code = (await processResponseTypes(ctx)).code;
    },
  ]);
  if (code === undefined) throw new Error('the request led to no code');
  return code;
}

/** Whether the person would be asked for consent. Throws what refuses the request for another reason. */
async function wouldAsk(ctx: ProgramContext): Promise<boolean> {
  try {
    await run(ctx, previewedAuthorizationSteps('interactions', 'respond'));
    return false;
  } catch (error) {
    const { error: code } = error as { error?: string };
    if (code === 'consent_required' || code === 'interaction_required') return true;
    throw error;
  }
}

/** What userinfo answers for an access token: claims, or a JWT of them. Throws the library's errors. */
export async function userinfoOf(
  ctx: ProgramContext,
  token: string,
): Promise<string | Record<string, unknown>> {
  const accessToken = await ctx.oidc.provider.AccessToken.find(token);
  if (!accessToken) throw new errors.InvalidToken('access token not found');
  ctx.oidc.entity('AccessToken', accessToken);
  await run(ctx, previewedUserinfoSteps());
  return ctx.body as string | Record<string, unknown>;
}

/** The client of a token request that nobody has sent. Throws InvalidClientAuth where there is none. */
export async function nameClient(ctx: ProgramContext, clientId: string): Promise<Client> {
  const client = await ctx.oidc.provider.Client.find(clientId);
  if (!client) throw new errors.InvalidClientAuth('client not found');
  ctx.oidc.entity('Client', client);
  return client;
}
