/**
 * The credentials of a client in HTTP Basic. Both parts are form-encoded (RFC 6749 section 2.3.1), but many programs
 * send them as they are (RFC 7617), and nothing in a request says which it was. Owns the reading of both; whose
 * credentials they are is for others to find out.
 */
export type BasicCredentials = { clientId: string; secret: string };

/**
 * What the credentials of an `Authorization: Basic` header (base64) may mean, the form-encoded reading first: two where
 * they differ, none where there is no colon. How many there are follows from the text alone.
 */
export function basicReadings(credentials: string): BasicCredentials[] {
  const text = Buffer.from(credentials, 'base64').toString();
  const end = text.indexOf(':');
  if (end < 1) return [];
  const asSent = { clientId: text.slice(0, end), secret: text.slice(end + 1) };
  if (!/[+%]/.test(text)) return [asSent];
  try {
    return [{ clientId: decoded(asSent.clientId), secret: decoded(asSent.secret) }, asSent];
  } catch {
    return [asSent];
  }
}

/** Throws URIError where a percent sign begins nothing. */
function decoded(part: string): string {
  return decodeURIComponent(part.replace(/\+/g, '%20'));
}
