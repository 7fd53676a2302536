/**
 * Hashes that somebody pasted where the secret itself belongs: taken as the secret, they would open nothing for who
 * knows it, and everything for who has seen the hash.
 */

/** How bcrypt, argon2, scrypt, crypt(3), PBKDF2 and LDAP's schemes begin. */
export const pastedHash =
  /^(\$(2[abxy]?|argon2(id|i|d)?|(firebase-)?scrypt|pbkdf2[\w-]*|y|gy|7|5|6|1|md5|sha1)\$|pbkdf2[_:]sha\d+[$:]|scrypt[:$]\d+[:$]|(argon2|bcrypt(_sha256)?)\$|\{(S?SHA\d*|S?MD5|CRYPT|PBKDF2[\w-]*|ARGON2\w*|BCRYPT|bcrypt|pbkdf2|scrypt|argon2)\})/i;

/** Whether a text that is to be a secret or a password has the form of a hash. */
export function isPastedHash(text: string): boolean {
  return pastedHash.test(text);
}
