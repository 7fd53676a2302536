/**
 * The short codes: eight characters that people can read, hear and type, 40 bits.
 */
import { randomBytes } from 'node:crypto';

/** Crockford's base 32: without I, L, O and U, which are mistaken for others. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const length = 8;
const group = 4;

/** As it is stored and compared. */
export function newCode(): string {
  // 5 bytes are 8 characters to the bit.
  let bits = randomBytes(5).readUIntBE(0, 5);
  let code = '';
  for (let index = 0; index < length; index += 1) {
    code = `${alphabet[bits % 32]}${code}`;
    bits = Math.floor(bits / 32);
  }
  return code;
}

/** As people see it: `7K3M-Q2XD`. */
export function groupedCode(code: string): string {
  return `${code.slice(0, group)}-${code.slice(group)}`;
}

/** What was typed, as it is compared: whatever its case, blanks and hyphens. Undefined: no code looks like this. */
export function typedCode(typed: string): string | undefined {
  const code = typed
    .slice(0, 100)
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return code.length === length && [...code].every((character) => alphabet.includes(character))
    ? code
    : undefined;
}
