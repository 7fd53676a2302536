/**
 * `/status-lists/{id}` and `/status-lists`: the lists for those who verify offline, and where to find them
 * all (draft-ietf-oauth-status-list-21 sections 8.1 and 9). Public, like the JWKS.
 */
import { CardeaError } from '../../errors.ts';
import { type HandledRequest, type Handler, jsonAnswer } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import type { ListToken, ListTokens } from './list_tokens.ts';
import { type LongPoll, preferredWait } from './long_poll.ts';
import { statusListUri } from './status_assignment.ts';
import type { StatusList, StatusLists } from './status_lists.ts';

const listId = /^[\w-]{1,64}$/;

export type StatusListRoutes = {
  /** Serves one list, by id. */
  list: Handler;
  /** Serves the URIs of all lists. */
  lists: Handler;
};

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
}): StatusListRoutes {
  const caching = `public, max-age=${ttl}, no-transform`;

  const serveAll: Handler = async () => {
    const uris = (await lists.ids()).map((id) => statusListUri(issuer, id));
    return jsonAnswer(200, { status_lists: uris }, { 'cache-control': caching });
  };

  const waitForChange = async (request: HandledRequest, list: StatusList, version: string) => {
    const seconds = preferredWait(request.get('Prefer'));
    if (seconds === 0) return;
    requestState(request).extraTimeMs = seconds * 1000;
    const left = new AbortController();
    const leave = () => left.abort();
    request.res.once('close', leave);
    const applied = await longPoll.wait({
      seconds,
      left: left.signal,
      changed: async () => (await tokens.of(list)).version !== version,
    });
    request.res.off('close', leave);
    // A caller that could not wait must see that, so that it does not ask again at once.
    if (applied) request.set({ 'preference-applied': `wait=${seconds}` });
  };

  const serveList: Handler = async (request) => {
    const { id = '' } = requestState(request).match.params;
    const list = listId.test(id) ? await lists.find(id) : undefined;
    if (!list) throw unknownList();
    const copy = parseEtag(request.get('If-None-Match'));
    if (copy) await waitForChange(request, list, copy.version);
    // Too long without the store: nobody should believe a list signed now.
    if (now() - lists.upToDateAt() > tokens.validFor * 1000) throw storeLost();
    const token = await tokens.of(list);
    const isGood = copy?.version === token.version && tokens.isRecent(copy.issuedAt);
    const headers = {
      ...{ 'cache-control': caching, vary: 'Accept, Prefer' },
      etag: etagOf(isGood ? copy : token),
    };
    if (isGood) return { status: 304, headers };
    const type = { 'content-type': 'application/statuslist+jwt' };
    return { status: 200, headers: { ...headers, ...type }, body: token.body };
  };

  return { list: serveList, lists: serveAll };
}

type ListCopy = Pick<ListToken, 'version' | 'issuedAt'>;

function etagOf({ version, issuedAt }: ListCopy): string {
  return `"${version}.${issuedAt}"`;
}

/** The newest copy that the caller names. Undefined if none is ours. */
function parseEtag(header: string): ListCopy | undefined {
  const copies = [...header.matchAll(/"([\w-]{22})\.(\d{1,12})"/g)].map(
    ([, version = '', issuedAt]) => ({ version, issuedAt: Number(issuedAt) }),
  );
  return copies.sort((left, right) => right.issuedAt - left.issuedAt)[0];
}

function unknownList(): CardeaError {
  const message = 'This status list does not exist, or its last token has expired.';
  return new CardeaError({ code: 'not_found', status: 404, message });
}

function storeLost(): CardeaError {
  const message = 'This node cannot reach its store, so it cannot tell what was revoked.';
  return new CardeaError({ code: 'temporarily_unavailable', status: 503, message, retryAfter: 1 });
}
