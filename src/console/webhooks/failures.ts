/**
 * Why a receiver did not take a delivery, in words and what to do.
 */

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at its address.',
  ECONNRESET: 'It closed the connection.',
  ENOTFOUND: 'Its name cannot be resolved.',
  EAI_AGAIN: 'Its name cannot be resolved at the moment.',
  ETIMEDOUT: 'It did not answer in time.',
  TimeoutError: 'It did not answer in time.',
  UND_ERR_CONNECT_TIMEOUT: 'It could not be reached in time.',
  UND_ERR_HEADERS_TIMEOUT: 'It did not answer in time.',
  UND_ERR_SOCKET: 'It closed the connection.',
  OUTBOUND_REFUSED: 'Its address is not public. outbound.allow of the file can name its network.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is signed by itself.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate comes from an authority that is not trusted here.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'Its certificate comes without those that lead to its authority.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name.',
};

/** `It answered with status 503.`, `Nothing listens at its address. (ECONNREFUSED)` */
export function failureText(reason: string): string {
  const [, status] = /^status (\d{3})$/.exec(reason) ?? [];
  if (status === '410') return 'It answered that it wants no more (status 410).';
  if (status?.startsWith('3')) {
    return `It answered with a redirect (status ${status}), which is not followed.`;
  }
  if (status !== undefined) return `It answered with status ${status}.`;
  const known = Object.hasOwn(words, reason) ? words[reason] : undefined;
  return known === undefined ? `It could not be sent (${reason}).` : `${known} (${reason})`;
}
