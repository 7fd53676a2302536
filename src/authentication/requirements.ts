/**
 * How strong a sign-in has to be: by client, by API and by role of the person, and as the request asks for it.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import {
  type AuthenticationLevel,
  isStrongEnough,
  levelOf,
  strongest,
} from '../definitions/authentication.ts';
import type { Requirement } from './next_step.ts';

/** What decides on it. */
export type Asked = {
  /** Of the client. */
  client: AuthenticationLevel | undefined;
  /** Of the APIs that the request is for. */
  apis: readonly (AuthenticationLevel | undefined)[];
  /** `acr` that the request cannot do without (OpenID Connect Core section 5.5.1.1): any of them will do. */
  essential: readonly string[];
  /**
   * `acr_values`, in their order. The request cannot do without one of those that are known here (RFC 9470 section 5):
   * an API that asked for it would refuse the token again.
   */
  values: readonly string[];
  /** `acr` that the request would like to have. */
  voluntary: readonly string[];
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
    of({ client, apis, essential, values, voluntary }, roles) {
      const needed = levelsIn(values);
      return {
        required: strongest([
          ...[acr, client, ...apis, weakest(levelsIn(essential)), weakest(needed)],
          ...roles.map((role) => acrOfRoles[role]),
        ]),
        wanted: [...needed, ...levelsIn(voluntary)],
      };
    },
  };
}

function weakest(levels: readonly AuthenticationLevel[]): AuthenticationLevel | undefined {
  return levels.find((level) => levels.every((other) => isStrongEnough(other, level)));
}
