/**
 * argon2id, argon2i and argon2d (RFC 9106), which PHP, Python, Keycloak and Django write with slight differences.
 */
import { costOf, inStandardOrder } from '../encoded_hash.ts';
import type { HashFamily } from './hash_family.ts';

export const argon2: HashFamily = {
  name: 'argon2',
  read(encoded) {
    if (!costOf(encoded)) return undefined;
    return async (password) => {
      const { verify } = await import('argon2');
      return verify(inStandardOrder(encoded), password);
    };
  },
};
