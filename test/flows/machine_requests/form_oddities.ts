/** What can be odd about a form and about how a client authenticates. */
import { basic } from '../../support/flows.ts';
import { oddClient, secret } from './configuration.ts';
import type { Oddity } from './odd_requests.ts';
import type { MachineRequest, Pairs } from './requests_in_order.ts';

/** Those that a request with these parameters can have. */
export function formOddities({
  pairs = [],
  headers,
  path,
}: MachineRequest): Record<string, Oddity> {
  const isProtocol = ['/token', '/introspect', '/revoke'].includes(path);
  const ofParameters = pairs.map(([name]) => parameterOddities(name));
  const authenticates = headers.some(([name]) => name === 'Authorization');
  return Object.assign(
    {},
    ...ofParameters,
    isProtocol ? extraParameters : {},
    isProtocol || authenticates ? credentialOddities : {},
  );
}

/** The same request with other parameters. Does not apply where there are none. */
function withPairs(change: (pairs: Pairs) => Pairs): Oddity {
  return (request) => request.pairs && { ...request, pairs: change(request.pairs) };
}

function parameterOddities(name: string): Record<string, Oddity> {
  const inPlace = (change: (value: string) => [string, string][]): Oddity =>
    withPairs((pairs) => pairs.flatMap((pair) => (pair[0] === name ? change(pair[1]) : [pair])));
  const inQuery: Oddity = (request) => {
    const moved = request.pairs?.filter(([own]) => own === name);
    if (!moved?.length) return undefined;
    return {
      ...request,
      path: `${request.path}?${moved.map(([own, value]) => `${own}=${value}`).join('&')}`,
      pairs: request.pairs?.filter(([own]) => own !== name),
    };
  };
  return {
    [`${name} twice`]: inPlace((value) => [
      [name, value],
      [name, value],
    ]),
    [`${name} twice, the second empty`]: inPlace((value) => [
      [name, value],
      [name, ''],
    ]),
    [`${name} missing`]: inPlace(() => []),
    [`${name} empty`]: inPlace(() => [[name, '']]),
    [`${name} padded`]: inPlace((value) => [[name, ` ${value} `]]),
    [`${name} with a NUL`]: inPlace((value) => [[name, `${value}\u0000`]]),
    [`${name} huge`]: inPlace(() => [[name, 'x'.repeat(20_000)]]),
    [`${name} in upper case`]: inPlace((value) => [[name, value.toUpperCase()]]),
    [`${name} as a list`]: inPlace((value) => [[`${name}[]`, value]]),
    [`the name ${name} in upper case`]: inPlace((value) => [[name.toUpperCase(), value]]),
    [`${name} in the query`]: inQuery,
  };
}

const added = (...more: Pairs): Oddity => withPairs((pairs) => [...pairs, ...more]);

const extraParameters: Record<string, Oddity> = {
  'a known scope': added(['scope', 'orders:read']),
  'an unknown scope': added(['scope', 'orders:burn']),
  'a malformed scope': added(['scope', 'a"b\\c']),
  'an empty scope': added(['scope', '']),
  'an unknown resource': added(['resource', 'https://unknown.example']),
  'an audience': added(['audience', 'https://orders.example']),
  'an unknown hint': added(['token_type_hint', 'saml']),
  'an access token beside': added(['access_token', 'x']),
  'an unknown parameter': added(['__proto__', 'x'], ['', 'y']),
  'an unknown parameter twice': added(['extra', 'x'], ['extra', 'y']),
  'a grant type that nobody has': withPairs((pairs) => [
    ['grant_type', 'password'],
    ...pairs.filter(([name]) => name !== 'grant_type'),
  ]),
};

/** The same request with this Authorization header, or without any. */
const presenting = (...values: string[]): Oddity => {
  return (request) => ({
    ...request,
    headers: [
      ...request.headers.filter(([name]) => name !== 'Authorization'),
      ...values.map((value): [string, string] => ['Authorization', value]),
    ],
  });
};
const encoded = (text: string) => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`;
const inBody = (clientId: string, own: string): Pairs => [
  ['client_id', clientId],
  ['client_secret', own],
];

const credentialOddities: Record<string, Oddity> = {
  'no credentials': presenting(),
  'a wrong secret': presenting(basic('job', `${secret}x`)),
  'an empty secret': presenting(basic('job', '')),
  'an unknown client': presenting(basic('nobody', secret)),
  'a public client by Basic': presenting(basic('app', secret)),
  'a client of another method by Basic': presenting(basic('post-job', secret)),
  'a client without a secret by Basic': presenting(basic('signer', secret)),
  'needlessly encoded Basic': presenting(encoded(`%6Aob:${secret.replace('-', '%2D')}`)),
  'Basic that is not encoded': presenting(encoded(`${oddClient}:x`)),
  'Basic with broken encoding': presenting(encoded('job:%zz')),
  'Basic with a plus': presenting(encoded(`j+ob:${secret}`)),
  'Basic without a colon': presenting(encoded('job')),
  'Basic of nothing': presenting('Basic'),
  'Basic that is not base64': presenting('Basic !!!'),
  'Basic with bytes that are no text': presenting(encoded('\xff\xfe:\xff')),
  'Basic with a NUL': presenting(encoded(`job\u0000:${secret}`)),
  'Basic with more behind': presenting(`${basic('job', secret)} x`),
  'Basic in lower case': presenting(basic('job', secret).replace('Basic', 'basic')),
  'Basic with two spaces': presenting(basic('job', secret).replace(' ', '  ')),
  'Basic of great length': presenting(basic('j'.repeat(5000), secret)),
  'Basic twice': presenting(basic('job', secret), basic('job', secret)),
  'a bearer token': presenting('Bearer {jwt}'),
  'a DPoP token': presenting('DPoP {jwt}'),
  'an unknown scheme': presenting('constructor x'),
  'the secret in the body too': added(...inBody('job', secret)),
  "another client's secret in the body": added(...inBody('post-job', secret)),
  'its client_id in the body': added(['client_id', 'job']),
  "another client's client_id in the body": added(['client_id', 'app']),
  'an assertion of nothing': added(
    ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['client_assertion', 'e30.e30.e30'],
  ),
  'an assertion of an unknown type': added(
    ['client_assertion_type', 'x'],
    ['client_assertion', 'y'],
  ),
};
