/**
 * Where scanners report keys that they found: `POST /leaks/github` in the format of GitHub's partner program,
 * and `POST /leaks` for any other that has the operator's token. Both are told which of them are keys of ours.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import { serverLimits } from '../../definitions/limits.ts';
import { equalSecrets } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import { readBytes, readJson } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import { parseFields } from '../../input_check.ts';
import type { GithubSignatures } from './github_signatures.ts';
import type { LeakSource, Leaks } from './leaks.ts';

const githubPath = '/leaks/github';
const scannerPath = '/leaks';

/** Each finding that is a key takes some writes. GitHub collects findings; it cannot be asked to send fewer. */
const maxFindings = { github: 5000, scanner: 1000 };
/** Reports of more than the usual size that a process reads at the same time. */
const maxLargeUploads = 32;
/** Milliseconds that thousands of findings may take. Of one that fails for it, what was done need not be done again. */
const maxReportMs = 20_000;
/** Findings of one report that are worked on at the same time. */
const findingsAtOnce = 8;

/** `commit`, `issue_comment`, `npm`; whatever else a finder says is not kept. */
const placeSchema = z
  .string()
  .regex(/^[a-z_]{1,40}$/)
  .optional();

const scannerFinding = z.strictObject({
  token: z.string(),
  type: z.string().default(''),
  url: z.string().optional(),
  source: placeSchema,
});

/** GitHub may say more tomorrow: what is not known is left aside. */
const githubFinding = z.object({
  token: z.string(),
  type: z.string().catch(''),
  url: z.string().optional().catch(undefined),
  source: placeSchema.catch(undefined),
});

type ReportedFinding = z.output<typeof scannerFinding>;

export type LeakRoutes = {
  routes: Middleware;
  /** The methods that a path (below the issuer's) takes; undefined: no such path here. */
  allowedMethods(path: string): readonly string[] | undefined;
  /** Bytes that a body may have at a path (below the issuer's); undefined: as many as anywhere. */
  bodyLimit(path: string): number | undefined;
};

export function createLeakRoutes({
  leaks,
  github,
  token,
}: {
  leaks: Leaks;
  github: GithubSignatures;
  /** What other scanners have; undefined: there are none. */
  token: string | undefined;
}): LeakRoutes {
  /** Reports that may be larger than usual, the one that began to arrive first at the front. */
  const arriving = new Set<IncomingMessage>();

  /**
   * Whether a report is GitHub's can be told at its end only: until then anybody could fill the memory with it.
   * Where too many arrive, the one that takes longest is cut off. Those of the usual size do not mind.
   */
  const readReport = async (ctx: Context): Promise<Buffer> => {
    const { req } = ctx;
    if (requestState(ctx).bodyLimit === undefined) return readBytes(ctx);
    arriving.add(req);
    const [longest] = arriving;
    if (longest && arriving.size > maxLargeUploads) {
      arriving.delete(longest);
      longest.destroy();
    }
    try {
      return await readBytes(ctx);
    } finally {
      arriving.delete(req);
    }
  };

  const requireGithub = async (ctx: Context) => {
    const keyId = ctx.get('Github-Public-Key-Identifier');
    const signature = ctx.get('Github-Public-Key-Signature');
    // What is not even signed is not read.
    if (keyId === '' || signature === '') throw badSignature();
    if (!(await github.isFromGithub(() => readReport(ctx), { keyId, signature }))) {
      throw badSignature();
    }
  };

  const requireToken = (ctx: Context, expected: string) => {
    const authorization = ctx.get('Authorization');
    const isBearer = /^bearer /i.test(authorization);
    if (isBearer && equalSecrets(authorization.slice('Bearer '.length).trim(), expected)) return;
    ctx.set('WWW-Authenticate', 'Bearer realm="leaks"');
    throw new CardeaError({
      code: 'invalid_token',
      status: 401,
      message: 'Reports need the bearer token of the configuration (api_keys.leaks.token).',
    });
  };

  const answer = async (ctx: Context, source: LeakSource, findings: ReportedFinding[]) => {
    requestState(ctx).extraTimeMs = maxReportMs;
    const { address, requestId, logFields } = requestState(ctx);
    const by = { ip: address.ip, requestId };
    const known = await mapConcurrently(findings, ({ token: key, url, source: place }) =>
      leaks.report({ key, source, url, place }, by),
    );
    logFields.findings = findings.length;
    logFields.known = known.filter(Boolean).length;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = findings.map(({ token: key, type }, index) => ({
      // The hash, as they take either: what was found need not be sent about once more.
      token_hash: hash('sha256', key),
      token_type: type,
      label: known[index] ? 'true_positive' : 'false_positive',
    }));
  };

  return {
    allowedMethods(path) {
      if (path === githubPath) return ['POST'];
      return path === scannerPath && token !== undefined ? ['POST'] : undefined;
    },

    bodyLimit: (path) => (path === githubPath ? serverLimits.githubReport : undefined),

    async routes(ctx, next) {
      if (ctx.method !== 'POST') return next();
      if (ctx.path === githubPath) {
        requestState(ctx).route = 'leaks_github';
        await requireGithub(ctx);
        const schema = z.array(githubFinding).max(maxFindings.github);
        return answer(ctx, 'github', parseFields(schema, await readJson(ctx)));
      }
      if (ctx.path === scannerPath && token !== undefined) {
        requestState(ctx).route = 'leaks';
        requireToken(ctx, token);
        const schema = z.array(scannerFinding).max(maxFindings.scanner);
        return answer(ctx, 'scanner', parseFields(schema, await readJson(ctx)));
      }
      return next();
    },
  };
}

/** Answers in the order of the items. */
async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const workThrough = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: findingsAtOnce }, workThrough));
  return results;
}

function badSignature(): CardeaError {
  return new CardeaError({
    code: 'invalid_signature',
    status: 403,
    message: 'The report is not signed by a key of GitHub.',
  });
}
