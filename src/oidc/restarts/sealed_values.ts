/** Values that Cardea sends around through a browser, in an address or a form: nobody else makes, reads or alters them. */
import type { Secrets } from '../../secrets/room.ts';

export type SealedValues<T> = {
  /** Fits into a URL as it is. */
  seal(value: T): string;
  /** Undefined: it was not sealed here, or for another purpose. */
  open(sealed: unknown): T | undefined;
};

/** `T`: what JSON can say. */
export function createSealedValues<T>(
  secrets: Pick<Secrets, 'seal' | 'open'>,
  purpose: string,
): SealedValues<T> {
  return {
    seal: (value) => secrets.seal(purpose, JSON.stringify(value)),
    open(sealed) {
      if (typeof sealed !== 'string') return undefined;
      try {
        return JSON.parse(secrets.open(purpose, sealed).toString());
      } catch {
        return undefined;
      }
    },
  };
}
