/**
 * bcrypt, also as Django writes it: with a prefix, or of the password's SHA-256 so that no more than 72 bytes come in.
 */
import { hash } from 'node:crypto';
import { hashFormats, maxForeignCost } from '../../definitions/password_hashes.ts';
import type { HashFamily } from './hash_family.ts';

export const bcrypt: HashFamily = {
  name: 'bcrypt',
  read(encoded) {
    const [, isOfDigest, crypted] = hashFormats.bcrypt.exec(encoded) ?? [];
    const rounds = Number(crypted?.slice(4, 6));
    if (crypted === undefined || rounds < 4 || rounds > maxForeignCost.bcryptRounds) {
      return undefined;
    }
    return async (password) => {
      const { compare } = await import('bcryptjs');
      return compare(isOfDigest ? hash('sha256', password, 'hex') : password, crypted);
    };
  },
};
