/** What can be odd about a request whatever it means: method, address, headers, framing, bytes. */
import { browserOrigin } from './configuration.ts';
import type { Oddity } from './odd_requests.ts';
import type { MachineRequest } from './requests_in_order.ts';

const method =
  (name: string): Oddity =>
  (request) => ({ ...request, method: name });
const path =
  (change: (path: string) => string): Oddity =>
  (request) => ({ ...request, path: change(request.path) });
const header =
  (...added: [string, string][]): Oddity =>
  (request) => ({ ...request, headers: [...request.headers, ...added] });
const contentType =
  (...values: string[]): Oddity =>
  (request) =>
    hasBody(request)
      ? {
          ...request,
          headers: [
            ...values.map((value): [string, string] => ['Content-Type', value]),
            ...request.headers.filter(([name]) => name !== 'Content-Type'),
          ],
        }
      : undefined;
const body =
  (changes: Partial<MachineRequest>): Oddity =>
  (request) =>
    hasBody(request) ? { ...request, ...changes } : undefined;
const text = (value: string) => body({ text: value });

function hasBody({ pairs, text: own }: MachineRequest): boolean {
  return pairs !== undefined || own !== undefined;
}

const form = 'application/x-www-form-urlencoded';
const preflight = (origin: string): Oddity => {
  return (request) => ({
    ...{ method: 'OPTIONS', path: request.path, framing: 'nothing' },
    headers: [
      ['Origin', origin],
      ['Access-Control-Request-Method', request.method],
      ['Access-Control-Request-Headers', 'authorization, content-type'],
    ],
  });
};

export const wireOddities: Record<string, Oddity> = {
  ...Object.fromEntries(
    ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'post'].map(
      (name) => [`method ${name}`, method(name)],
    ),
  ),
  'a slash behind': path((own) => `${own}/`),
  'two slashes before': path((own) => `/${own}`),
  'a path in upper case': path((own) => own.toUpperCase()),
  'a path with an encoded letter': path((own) => own.replace(/e/, '%65')),
  'a path with more behind': path((own) => `${own}/x`),
  'a path with dots': path((own) => `/x/..${own}`),
  'a path with an encoded slash': path((own) => `${own}%2f`),
  'a whole address': path((own) => `http://127.0.0.1${own}`),
  'an address of nothing': path(() => '*'),
  'an empty query': path((own) => `${own}?`),
  'a query': path((own) => `${own}?grant_type=password&token=x&scope=x&client_id=app`),
  'a broken query': path((own) => `${own}?%zz=%&&=`),
  'a fragment': path((own) => `${own}#x`),
  'an address of great length': path((own) => `${own}?${'x'.repeat(9000)}`),
  'no content type': contentType(),
  'a content type with charset': contentType(`${form}; charset=utf-8`),
  'a content type with another charset': contentType(`${form}; charset=iso-8859-1`),
  'a content type with an unknown charset': contentType(`${form}; charset=x`),
  'a content type in upper case': contentType(form.toUpperCase()),
  'a content type with a semicolon': contentType(`${form};`),
  'a content type of JSON': contentType('application/json'),
  'a content type of problem JSON': contentType('application/problem+json; charset=utf-8'),
  'a content type of multipart': contentType('multipart/form-data; boundary=x'),
  'a content type of text': contentType('text/plain'),
  'an empty content type': contentType(''),
  'two content types': contentType(form, 'application/json'),
  'a chunked body': body({ framing: 'chunked' }),
  'neither length nor body': body({ text: '', framing: 'nothing' }),
  'no body': text(''),
  'a compressed body': header(['Content-Encoding', 'gzip']),
  'a body of known encoding': header(['Content-Encoding', 'identity']),
  'a body that is too large': text(`a=${'x'.repeat(64 * 1024)}`),
  'a large body': text(`a=${'x'.repeat(60 * 1024)}`),
  'a body of many fields': text(Array(600).fill('a=b').join('&')),
  'a body of separators': text('&&&==&=&'),
  'a body with broken encoding': text('grant_type=%&token=%zz&%'),
  'a body that is no UTF-8': text('grant_type=client_credentials&token=\xff&key=\xc0\xae'),
  'a body with a byte order mark': text('\xef\xbb\xbfgrant_type=client_credentials&token=x'),
  'a body of JSON': text('{"grant_type":"client_credentials","token":"x"}'),
  'a body of a list': text('[]'),
  'a body of nothing known': text('{"key":7,"x":1}'),
  'a body of an unknown API key': text(`{"key":"acme_live_${'0'.repeat(36)}"}`),
  'Accept HTML': header(['Accept', 'text/html']),
  'Accept an image': header(['Accept', 'image/png']),
  'Accept-Encoding gzip': header(['Accept-Encoding', 'gzip, br']),
  'a request id': header(['X-Request-Id', 'mine']),
  'another method in a header': header(['X-HTTP-Method-Override', 'GET']),
  'a forwarded host': header(['X-Forwarded-Host', 'evil.example'], ['X-Forwarded-Proto', 'https']),
  'a cookie': header(['Cookie', 'cardea_session=x; cardea_session.sig=y']),
  'a DPoP proof of nothing': header(['DPoP', 'x']),
  'two DPoP proofs': header(['DPoP', 'x'], ['DPoP', 'y']),
  'a condition': header(['If-None-Match', '"x"']),
  'a condition of time': header(['If-Modified-Since', new Date(0).toUTCString()]),
  // The first one counts (RFC 9110 section 13.1.3).
  'two conditions': header(
    ['If-None-Match', '*'],
    ['If-Modified-Since', new Date(0).toUTCString()],
  ),
  'an origin of a client': header(['Origin', browserOrigin]),
  'an origin of nobody': header(['Origin', 'https://evil.example']),
  'the origin null': header(['Origin', 'null']),
  'a request from another site': header(['Sec-Fetch-Site', 'cross-site']),
  'an API key beside': header(['X-Api-Key', '{key}']),
  'an expectation': header(['Expect', '100-continue']),
  'an unknown expectation': header(['Expect', 'x']),
  'an upgrade': header(['Upgrade', 'h2c']),
  'large headers': header(['X-Large', 'x'.repeat(17_000)]),
  'a preflight of a client': preflight(browserOrigin),
  'a preflight of nobody': preflight('https://evil.example'),
  'HTTP 1.0': (request) => ({ ...request, version: '1.0' }),
};
