/**
 * Forms that could not be taken when they were sent, as the person had to sign in first. They are kept, sealed, for the
 * person who sent them, so that nothing has to be typed again.
 */
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import { randomId, sha256 } from '../digests.ts';
import type { Secrets } from '../secrets/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { Site } from './site.ts';

export type Drafts = {
  /** `path`: of the form. Answers by what it is found again. */
  keep(draft: { accountId: string; path: string; form: URLSearchParams }): Promise<string>;
  /** Undefined: there is none, or it is another person's, or another form's. */
  find(id: string, of: { accountId: string; path: string }): Promise<URLSearchParams | undefined>;
};

const kinds = { console: 'ConsoleDraft', account: 'AccountDraft' } as const;
const keptMs = hourMs;

export function createDrafts({
  site: { name },
  artifacts,
  secrets,
  clock,
}: {
  site: Site;
  artifacts: Pick<ArtifactStore, 'put' | 'find'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  clock: Clock;
}): Drafts {
  const kind = kinds[name];
  /** Bound to all that it may be opened for. */
  const purposeOf = (recordId: string, { accountId, path }: { accountId: string; path: string }) =>
    `${name} draft ${JSON.stringify([recordId, accountId, path])}`;

  return {
    async keep({ accountId, path, form }) {
      const id = randomId();
      const recordId = sha256(id);
      const sealed = secrets.seal(purposeOf(recordId, { accountId, path }), form.toString());
      await artifacts.put({
        ...{ kind, id: recordId, payload: { sealed }, accountId },
        expiresAt: clock.now() + keptMs,
      });
      return id;
    },

    async find(id, of) {
      const recordId = sha256(id);
      const artifact = await artifacts.find(kind, recordId, clock.now());
      if (artifact?.accountId !== of.accountId) return undefined;
      try {
        const { sealed } = artifact.payload as { sealed: string };
        return new URLSearchParams(secrets.open(purposeOf(recordId, of), sealed).toString());
      } catch {
        return undefined;
      }
    },
  };
}
