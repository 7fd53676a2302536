/**
 * The notation of an origin, as browsers send it in the `Origin` header (RFC 6454 section 6.2): scheme, host, and the
 * port unless it is the scheme's own. Origins are compared as text, so no other spelling is taken.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import { isLoopbackHost } from '../../definitions/loopback.ts';

/** Also of custom schemes, such as `capacitor://localhost`. */
export const origin = z
  .string()
  .max(maxLength.uri)
  .superRefine((text, context) => {
    const mistake = originMistake(text);
    if (!mistake) return;
    const [message, remedy] = mistake;
    context.addIssue({ code: 'custom', message, params: { remedy } });
  })
  .meta({
    notation: 'origin',
    pattern: '^[a-z][a-z0-9+.-]*://[^/?#@*]+$',
    rule: 'Without a path, and `http` only on this machine.',
  });

function originMistake(text: string): [problem: string, remedy: string] | undefined {
  if (text.includes('*')) return ['has a wildcard', 'List each origin; they are compared exactly.'];
  const url = URL.parse(text);
  if (!url?.host) {
    return ['must be an origin', 'Write it as https://app.example or capacitor://localhost.'];
  }
  const written = `${url.protocol}//${url.host}`;
  if (written !== text) return ['is not spelled as browsers send it', `Write ${written}.`];
  if (url.protocol === 'http:' && !isOwnMachine(url.hostname)) {
    return ['is plain http to another machine, whose pages can be altered', 'Use https.'];
  }
  return undefined;
}

/** RFC 6761 section 6.3: names below localhost are loopback addresses, too. */
function isOwnMachine(host: string): boolean {
  return isLoopbackHost(host) || host.endsWith('.localhost');
}
