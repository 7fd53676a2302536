/**
 * Where secret scanners report the keys they find: `POST /leaks/github` in the format of GitHub's partner
 * program, and `POST /leaks` for any other scanner that has the operator's token. The response says which
 * findings are real keys.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import type { LeakSource } from '../../definitions/api_keys.ts';
import { equalSecrets } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import { readBytes, readJson } from '../../http/request_body.ts';
import { isOfUsualSize } from '../../http/request_limits.ts';
import { requestState } from '../../http/request_state.ts';
import { parseFields } from '../../input_check.ts';
import type { GithubSignatures } from './github_signatures.ts';
import type { Leaks } from './leaks.ts';

/** Every real key takes a few writes. GitHub batches its findings and cannot be asked to send fewer. */
const maxFindings = { github: 5000, scanner: 1000 };
/** Reports above the usual size limit that a process reads at the same time. */
const maxLargeUploads = 32;
/**
 * How long a report of thousands of findings may take, in milliseconds. If it times out, what was done need not
 * be repeated.
 */
const maxReportMs = 20_000;
/** Findings of one report that are processed at the same time. */
const findingsAtOnce = 8;

/** Such as `commit`, `issue_comment`, `npm`. Anything else is not stored. */
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

/** GitHub may add fields: unknown ones are ignored. */
const githubFinding = z.object({
  token: z.string(),
  type: z.string().catch(''),
  url: z.string().optional().catch(undefined),
  source: placeSchema.catch(undefined),
});

type ReportedFinding = z.output<typeof scannerFinding>;

export type LeakRoutes = {
  github: Middleware;
  /** Undefined: only GitHub may report. */
  scanner: Middleware | undefined;
};

export function createLeakRoutes({
  leaks,
  github,
  token,
}: {
  leaks: Leaks;
  github: GithubSignatures;
  /** The bearer token of other scanners; undefined: only GitHub may report. */
  token: string | undefined;
}): LeakRoutes {
  /** Reports above the usual size that are being received, oldest first. */
  const arriving = new Set<IncomingMessage>();

  /**
   * A report's signature can only be checked once all of it has arrived, so anybody could fill the memory with
   * large ones. If too many arrive at once, the oldest is cut off. Reports of the usual size are not affected.
   */
  const readReport = async (ctx: Context): Promise<Buffer> => {
    const { req } = ctx;
    if (isOfUsualSize(req)) return readBytes(ctx);
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
    // Unsigned reports are not read.
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
      message: 'Reports need the configured bearer token (api_keys.leaks.token).',
    });
  };

  const respond = async (ctx: Context, source: LeakSource, findings: ReportedFinding[]) => {
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
      // The hash, which scanners accept instead of the token: no need to send the key once more.
      token_hash: hash('sha256', key),
      token_type: type,
      label: known[index] ? 'true_positive' : 'false_positive',
    }));
  };

  return {
    async github(ctx) {
      await requireGithub(ctx);
      const schema = z.array(githubFinding).max(maxFindings.github);
      await respond(ctx, 'github', parseFields(schema, await readJson(ctx)));
    },

    scanner:
      token === undefined
        ? undefined
        : async (ctx) => {
            requireToken(ctx, token);
            const schema = z.array(scannerFinding).max(maxFindings.scanner);
            await respond(ctx, 'scanner', parseFields(schema, await readJson(ctx)));
          },
  };
}

/** Results are in the order of the items. */
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
    message: 'The report is not signed by GitHub.',
  });
}
