/**
 * Repeated calls that make a key: a caller who does not know whether the first one arrived sends it again with
 * the same Idempotency-Key and gets the same answer. For that the new secret is kept for a few minutes, sealed,
 * under a hash of who asked and how the attempt was named; nothing else can find or open it.
 */
import type { Clock } from '../../clock.ts';
import { equalDigests, randomId, sha256 } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import { maxAttempts } from '../../storage/change_record.ts';
import { contended } from './key_writer.ts';

/** Who asks for what, under which name. */
export type Request = {
  /** Two callers may use the same name for different things. */
  caller: string;
  /** Absent: each call stands for itself. */
  idempotencyKey?: string | undefined;
  /** What is asked for, as it was sent; any JSON. */
  content: unknown;
};

/** The key to be made; the same one whenever the call is repeated. */
export type Attempt = { id: string; key: string; at: number };

export type Attempts = {
  /**
   * What an earlier call of the same name began. Throws CardeaError `idempotency_key_reused` (422),
   * `invalid_idempotency_key` (400).
   */
  earlier(request: Request): Promise<Attempt | undefined>;
  /** Begins one, or answers the one that was begun. Throws the same. */
  begin(request: Request, newKey: () => string): Promise<Attempt>;
};

const kind = 'ApiKeyAttempt';
/** How long a call may be repeated. Milliseconds. */
const retryWindow = 600_000;

export function createAttempts({
  artifacts,
  secrets,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find' | 'insert'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  clock: Clock;
}): Attempts {
  const earlier: Attempts['earlier'] = async ({ caller, idempotencyKey, content }) => {
    if (idempotencyKey === undefined) return undefined;
    const id = nameOf(caller, idempotencyKey);
    const artifact = await artifacts.find(kind, id, clock.now());
    if (!artifact) return undefined;
    const { digest, sealed } = artifact.payload as { digest: string; sealed: string };
    if (!equalDigests(digest, digestOf(content))) throw reused();
    return JSON.parse(secrets.open(purposeOf(id), sealed).toString()) as Attempt;
  };

  return {
    earlier,

    async begin(request, newKey) {
      const now = clock.now();
      const attempt = { id: `key_${randomId()}`, key: newKey(), at: now };
      if (request.idempotencyKey === undefined) return attempt;
      const id = nameOf(request.caller, request.idempotencyKey);
      const payload = {
        digest: digestOf(request.content),
        sealed: secrets.seal(purposeOf(id), JSON.stringify(attempt)),
      };
      const artifact = { kind, id, payload, expiresAt: now + retryWindow };
      for (let count = 0; count < maxAttempts; count += 1) {
        if (await artifacts.insert(artifact, clock.now())) return attempt;
        const found = await earlier(request);
        if (found) return found;
      }
      throw contended();
    },
  };
}

/** Bound to its own name: what was sealed for one attempt opens for no other. */
function purposeOf(id: string): string {
  return `api key attempt ${id}`;
}

function nameOf(caller: string, idempotencyKey: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) throw malformed();
  return sha256(JSON.stringify([caller, idempotencyKey]));
}

/** The same for the same content, in whichever order its members came. */
function digestOf(content: unknown): string {
  return sha256(
    JSON.stringify(content, (_name, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ) ?? '',
  );
}

function malformed(): CardeaError {
  return new CardeaError({
    code: 'invalid_idempotency_key',
    status: 400,
    message: 'The Idempotency-Key must be 1 to 255 visible ASCII characters.',
  });
}

function reused(): CardeaError {
  return new CardeaError({
    code: 'idempotency_key_reused',
    status: 422,
    message: 'This Idempotency-Key was used for another request. Take a new one.',
  });
}
