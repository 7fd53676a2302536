/**
 * How strong a sign-in has to be: by client, by API and by role of the person, and as the request asks for it.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import { type AuthenticationLevel, levelOf, strongest } from '../definitions/authentication.ts';
import type { Requirement } from './next_step.ts';

/** What decides on it. */
export type Asked = {
  /** Of the client. */
  client: AuthenticationLevel | undefined;
  /** Of the APIs that the request is for. */
  apis: readonly (AuthenticationLevel | undefined)[];
  /** `acr` that the request cannot do without (OpenID Connect Core section 5.5.1.1): any of them will do. */
  essential: readonly string[];
  /** `acr_values`, in their order. */
  values: readonly string[];
};

export type Requirements = {
  of(asked: Asked, roles: readonly string[]): Requirement;
};

export function createRequirements({
  policy: { acr, acr_of_roles: acrOfRoles },
}: {
  policy: Declaration['sign_in'];
}): Requirements {
  const levelsIn = (values: readonly string[]) =>
    values.flatMap((value): AuthenticationLevel[] => {
      const level = levelOf(value);
      return level ? [level] : [];
    });
  return {
    of({ client, apis, essential, values }, roles) {
      const leastEssential = levelsIn(essential).toSorted(byStrength)[0];
      return {
        required: strongest([
          ...[acr, client, ...apis, leastEssential],
          ...roles.map((role) => acrOfRoles[role]),
        ]),
        wanted: levelsIn(values),
      };
    },
  };
}

function byStrength(one: AuthenticationLevel, other: AuthenticationLevel): number {
  if (one === other) return 0;
  return strongest([one, other]) === other ? -1 : 1;
}
