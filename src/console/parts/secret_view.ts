/**
 * What a page shows once: a secret that is kept nowhere, and what to do with it.
 */
import type { Fact } from './object_page.ts';

export type Step = {
  title: string;
  text?: string;
  code?: readonly { caption: string; text: string }[];
  /** Where the next thing to do is. Below `/console`. */
  more?: { label: string; href: string } | undefined;
};

export type SecretView = {
  /** `warning`: where more than a hash of it is kept. */
  secret?: { label: string; value: string; warning?: string } | '' | undefined;
  facts: readonly Fact[];
  steps: readonly Step[];
  next: { label: string; href: string };
};

/** The data of the template `secret`. */
export function secretView({ secret, ...rest }: SecretView): object {
  const warning = 'Copy it now. It is shown this once, and only a hash of it is kept.';
  return { ...rest, secret: secret && { warning, ...secret } };
}
