/**
 * That somebody with a link has proven the password, for the page after it: sealed in its form, with the secret of the app
 * that is being set up. Good for some minutes, with this link, and until the password changes.
 */
import type { Clock } from '../../clock.ts';
import { minuteMs } from '../../definitions/units.ts';
import { equalDigests, sha256 } from '../../digests.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { UserRecord } from '../../storage/users.ts';

type Owner = Pick<UserRecord, 'id' | 'passwordHash'>;
type Content = { userId: string; password: string; sealed: string; at: number };

const longestMs = 15 * minuteMs;

export function createProvenLinks({
  secrets,
  clock,
}: {
  secrets: Pick<Secrets, 'seal' | 'open'>;
  clock: Clock;
}) {
  const purposeOf = (link: string) => `proven setup link ${sha256(link)}`;
  return {
    /** `sealed`: the secret of the app. */
    seal(link: string, { user, sealed }: { user: Owner; sealed: string }): string {
      const { id: userId, passwordHash = '' } = user;
      const content: Content = {
        ...{ userId, password: sha256(passwordHash), sealed, at: clock.now() },
      };
      return secrets.seal(purposeOf(link), JSON.stringify(content));
    },

    /** The secret of the app. Undefined: too old, or of another link, person or password. */
    open(link: string, proof: string, { id, passwordHash = '' }: Owner): string | undefined {
      let content: Content;
      try {
        content = JSON.parse(secrets.open(purposeOf(link), proof).toString());
      } catch {
        return undefined;
      }
      const isTheirs =
        content.userId === id && equalDigests(content.password, sha256(passwordHash));
      return isTheirs && clock.now() - content.at <= longestMs ? content.sealed : undefined;
    },
  };
}
