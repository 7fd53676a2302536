/**
 * `POST /api-keys/verify`: an API asks about the keys that its callers present, and about tokens exchanged for
 * them. Only the client that is the API may ask, and only about keys for that API: any other key is unknown to
 * it.
 */
import { z } from 'zod';
import type { MarkerWatch } from '../../caching/marker_watch.ts';
import { keyEnvironments } from '../../definitions/api_keys.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { type HandledRequest, type Handler, jsonAnswer } from '../../http/answer.ts';
import { readBytes, readJson } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import { parseFields } from '../../input_check.ts';
import { parseAddress } from '../../net/networks.ts';
import { looksLikeJwt } from '../../tokens/room.ts';
import type { ReportLeak } from '../leaks/key_in_query.ts';
import { refusalReasons } from '../model/verdict.ts';
import {
  type ApiClient,
  type ApiClientAuthentication,
  challenges,
} from './client_authentication.ts';
import type { KeyVerification } from './key_verification.ts';
import type { VerifyPresentedToken } from './presented_tokens.ts';
import { nameOfVerdict } from './verdict_counts.ts';
import { verdictBody, verdictHeaders } from './verdict_responses.ts';

const keyQuerySchema = z.strictObject({
  /** Or a token exchanged for one. */
  key: z.string().max(16_384),
  scopes: z.array(z.string().min(1).max(maxLength.scopeName)).max(100).optional(),
  ip: z
    .string()
    .refine((text) => parseAddress(text) !== undefined, 'must be an IPv4 or IPv6 address')
    .optional(),
  environment: z.enum(keyEnvironments).optional(),
  /** A use that the API already allowed, based on a very recent response. */
  used: z.boolean().optional(),
  /** Not a use: how often the API refused the key by itself, based on an earlier response. */
  refused: z.partialRecord(z.enum(refusalReasons), z.int().min(1).max(1_000_000)).optional(),
  /** Not a use: somebody sent the key to the API where others can read it. */
  leaked: z.literal('query_string').optional(),
});

const notStored = { 'cache-control': 'no-store' };

type KeyQuery = z.output<typeof keyQuerySchema>;

const batchSchema = z.strictObject({ keys: z.array(keyQuerySchema).min(1).max(100) });

export type KeyVerificationRoutes = {
  /** Serves `/api-keys/verify`. */
  verify: Handler;
};

export function createKeyVerificationRoutes({
  verification,
  verifyPresentedToken,
  authenticate,
  reportLeak,
  catchUp,
}: {
  verification: KeyVerification;
  verifyPresentedToken: VerifyPresentedToken;
  authenticate: ApiClientAuthentication;
  reportLeak: ReportLeak;
  catchUp: MarkerWatch['catchUp'];
}): KeyVerificationRoutes {
  const authenticateClient = async (request: HandledRequest, asOf: number): Promise<ApiClient> => {
    try {
      return await authenticate(request.get('Authorization'), asOf);
    } catch (error) {
      if (error instanceof CardeaError && error.status === 401) {
        request.set({ 'www-authenticate': challenges });
      }
      throw error;
    }
  };

  const verifyKeys: Handler = async (request) => {
    const { logFields } = requestState(request);
    if (request.querystring !== '') throw noQueryAllowed();
    // Once the whole request has arrived, a single read of the revocations is enough for the client and all
    // keys.
    await readBytes(request);
    const asOf = await catchUp();
    const { clientId, apis } = await authenticateClient(request, asOf);
    logFields.client_id = clientId;
    const verify = async ({ key, refused, leaked, ...query }: KeyQuery) => {
      const count = refused === undefined && leaked === undefined;
      const asked = { ...query, api: apis, asOf, count };
      const verdict = await (looksLikeJwt(key)
        ? verifyPresentedToken({ ...asked, token: key })
        : verification.verify({ ...asked, key }));
      if (refused && verdict.record) {
        await verification.noteRefused(verdict.record.id, refused, asOf);
      }
      // Only for keys this API may know: it may have been sent others, or made-up ones.
      if (leaked && verdict.record) {
        const { address, requestId } = requestState(request);
        await reportLeak(key, { source: leaked, ip: address.ip, requestId });
      }
      return verdict;
    };

    const body = await readJson(request);
    if (isBatch(body)) {
      const { keys } = parseFields(batchSchema, withObjects(body));
      const verdicts = await Promise.all(keys.map(verify));
      // Tells the API that `used`, `refused` and `leaked` are understood.
      return jsonAnswer(
        200,
        { results: verdicts.map(verdictBody), takes_reports: true },
        notStored,
      );
    }
    const verdict = await verify(parseFields(keyQuerySchema, body));
    logFields.outcome = nameOfVerdict(verdict);
    logFields.api_key_id = verdict.record?.id;
    return jsonAnswer(200, verdictBody(verdict), { ...notStored, ...verdictHeaders(verdict) });
  };

  return { verify: verifyKeys };
}

type Batch = { keys: unknown };

function isBatch(body: unknown): body is Batch {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'keys');
}

/** In a batch, a plain string is a key without further fields. */
function withObjects(body: Batch): Batch {
  if (!Array.isArray(body.keys)) return body;
  const keys = body.keys.map((entry) => (typeof entry === 'string' ? { key: entry } : entry));
  return { ...body, keys };
}

function noQueryAllowed(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'This endpoint takes no query parameters: send everything in the body.',
  });
}
