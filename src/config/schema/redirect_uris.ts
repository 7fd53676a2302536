/**
 * What a redirect URI may be, whoever registers it. Whether it is a URI at all is the schema's, and the
 * protocol engine's, to say.
 */
import { isLoopbackHost } from '../../definitions/loopback.ts';

/** RFC 9700 section 2.1 and RFC 8252 section 7; undefined when nothing is wrong or it is no URI at all. */
export function redirectUriMistake(
  uri: string,
  isNative: boolean,
): [problem: string, remedy: string] | undefined {
  const url = URL.parse(uri);
  if (!url) return undefined;
  if (uri.includes('#')) return ['has a fragment', 'Remove the # and what follows it.'];
  if (uri.includes('*')) return ['has a wildcard', 'List each URI; they are compared exactly.'];
  if (url.username || url.password) return ['holds credentials', 'Remove them.'];
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:') {
    if (isLoopbackHost(url.hostname)) return undefined;
    return ['is plain http to another machine, where codes can be read', 'Use https.'];
  }
  if (isNative && url.protocol.includes('.')) return undefined;
  const remedy = isNative
    ? 'Use https, or a private-use scheme with a dot, such as com.example.app: (RFC 8252).'
    : 'Use https, or set application_type: native for a private-use scheme.';
  return ['has a scheme that is not allowed', remedy];
}
