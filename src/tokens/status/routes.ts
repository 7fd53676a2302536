/**
 * `/status-lists/{id}` and `/status-lists`: the lists for those who verify offline, and where to find them all
 * (draft-ietf-oauth-status-list-21 sections 8.1 and 9). Public, like the JWKS.
 */
import type { Context, Middleware } from 'koa';
import { CardeaError } from '../../errors.ts';
import { requestState } from '../../http/request_state.ts';
import { statusListUri } from './assignment.ts';
import type { ListToken, ListTokens } from './list_tokens.ts';
import type { StatusList, StatusLists } from './lists.ts';
import { type LongPoll, preferredWait } from './long_poll.ts';

export const aggregationPath = '/status-lists';
const listPath = /^\/status-lists\/([\w-]{1,64})$/;
const readOnly = ['GET', 'HEAD', 'OPTIONS'];
/** What a page of another origin may send and see: conditional requests and waiting. */
const crossOrigin = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': 'If-None-Match, Prefer',
  'Access-Control-Expose-Headers': 'ETag, Preference-Applied, Retry-After',
  'Access-Control-Max-Age': '7200',
};

/** The methods that a path (below the issuer's) takes; undefined: no such path here. */
export function statusListMethods(path: string): readonly string[] | undefined {
  return path === aggregationPath || listPath.test(path) ? readOnly : undefined;
}

export function createStatusListRoutes({
  issuer,
  lists,
  tokens,
  longPoll,
  ttl,
  now,
}: {
  issuer: string;
  lists: StatusLists;
  tokens: ListTokens;
  longPoll: LongPoll;
  /** Seconds. */
  ttl: number;
  /** Milliseconds since the epoch. */
  now: () => number;
}): Middleware {
  const caching = `public, max-age=${ttl}, no-transform`;

  const serveAll = async (ctx: Context) => {
    requestState(ctx).route = 'status_lists';
    const uris = (await lists.ids()).map((id) => statusListUri(issuer, id));
    ctx.set('Cache-Control', caching);
    ctx.type = 'application/json';
    ctx.body = JSON.stringify({ status_lists: uris });
  };

  const waitForChange = async (ctx: Context, list: StatusList, version: string) => {
    const seconds = preferredWait(ctx.get('Prefer'));
    if (seconds === 0) return;
    requestState(ctx).extraTimeMs = seconds * 1000;
    const left = new AbortController();
    const leave = () => left.abort();
    ctx.res.once('close', leave);
    const applied = await longPoll.wait({
      seconds,
      left: left.signal,
      changed: async () => (await tokens.of(list)).version !== version,
    });
    ctx.res.off('close', leave);
    // Who was not let wait must see it, and not ask again at once.
    if (applied) ctx.set('Preference-Applied', `wait=${seconds}`);
  };

  const serveList = async (ctx: Context, id: string) => {
    requestState(ctx).route = 'status_list';
    const list = await lists.find(id);
    if (!list) throw unknownList();
    const copy = parseEtag(ctx.get('If-None-Match'));
    if (copy) await waitForChange(ctx, list, copy.version);
    // Too long without the store: whatever could be signed now nobody should believe.
    if (now() - lists.upToDateAt() > tokens.validFor * 1000) throw blind();
    const token = await tokens.of(list);
    ctx.set('Cache-Control', caching);
    ctx.set('Vary', 'Accept, Prefer');
    const isGood = copy?.version === token.version && tokens.isRecent(copy.issuedAt);
    ctx.set('ETag', etagOf(isGood ? copy : token));
    ctx.status = isGood ? 304 : 200;
    if (isGood) return;
    ctx.type = 'application/statuslist+jwt';
    ctx.body = token.body;
  };

  return function statusLists(ctx, next) {
    if (!statusListMethods(ctx.path)?.includes(ctx.method)) return next();
    ctx.set(crossOrigin);
    if (ctx.method === 'OPTIONS') {
      ctx.status = 204;
      return Promise.resolve();
    }
    const id = listPath.exec(ctx.path)?.[1];
    return id === undefined ? serveAll(ctx) : serveList(ctx, id);
  };
}

type Copy = Pick<ListToken, 'version' | 'issuedAt'>;

function etagOf({ version, issuedAt }: Copy): string {
  return `"${version}.${issuedAt}"`;
}

/** The newest copy that the caller names; undefined: none of ours. */
function parseEtag(header: string): Copy | undefined {
  const copies = [...header.matchAll(/"([\w-]{22})\.(\d{1,12})"/g)].map(
    ([, version = '', issuedAt]) => ({ version, issuedAt: Number(issuedAt) }),
  );
  return copies.sort((left, right) => right.issuedAt - left.issuedAt)[0];
}

function unknownList(): CardeaError {
  const message = 'There is no such status list, or its last token has expired.';
  return new CardeaError({ code: 'not_found', status: 404, message });
}

function blind(): CardeaError {
  const message = 'This node has lost its store and cannot tell what was revoked.';
  return new CardeaError({ code: 'temporarily_unavailable', status: 503, message, retryAfter: 1 });
}
