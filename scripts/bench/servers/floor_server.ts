/**
 * The floor: the least work with which `node:http` can answer a service token. It parses the form, checks the
 * client's secret by its SHA-256, builds the claims and signs them; `/unsigned` does all but sign. It limits,
 * records and revokes nothing.
 */
import { createHash, createPrivateKey, randomUUID, sign, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { api, secret } from '../declaration.ts';
import { port, serveProcesses } from './serve_processes.ts';

const issuer = `http://127.0.0.1:${port}`;
const expected = createHash('sha256').update(secret).digest();
const header = encode({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' });
const lifetime = 600;

serveProcesses((jwk, ready) => {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const server = createServer((request, response) => {
    let form = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      form += chunk;
    });
    request.on('end', () => {
      const signs = request.url !== '/unsigned';
      const answer = issue(request.headers.authorization ?? '', form, signs ? key : undefined);
      const body = JSON.stringify(answer ?? { error: 'invalid_client' });
      response.writeHead(answer ? 200 : 401, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
      });
      response.end(body);
    });
  });
  server.listen(port, '127.0.0.1', ready);
});

function issue(
  authorization: string,
  form: string,
  key: ReturnType<typeof createPrivateKey> | undefined,
) {
  const parameters = new URLSearchParams(form);
  const credentials = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
  const colon = credentials.indexOf(':');
  const clientId = decodeURIComponent(credentials.slice(0, colon));
  const presented = decodeURIComponent(credentials.slice(colon + 1));
  const hash = createHash('sha256').update(presented).digest();
  if (!timingSafeEqual(hash, expected)) return undefined;
  if (parameters.get('grant_type') !== 'client_credentials') return undefined;
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: issuer, sub: clientId, aud: api.identifier, exp: now + lifetime, iat: now },
    ...{ jti: randomUUID(), client_id: clientId, scope: 'orders:read' },
  };
  const input = `${header}.${encode(claims)}`;
  const signature = key && sign('sha256', Buffer.from(input), key).toString('base64url');
  const token = `${input}.${signature ?? ''}`;
  return { access_token: token, expires_in: lifetime, token_type: 'Bearer', scope: 'orders:read' };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
