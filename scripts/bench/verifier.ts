/**
 * What a verification with the revocation check costs over jose's own `jwtVerify`, in one run on one
 * machine: both verify the same tokens, in small interleaved batches, so that whatever else the machine does
 * hits both alike. `at once`: that many verifications are under way at a time.
 *
 *   npm run bench:verifier -- [seconds for each row, default 5]
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { createVerifier } from '../../src/verifier/index.ts';

const seconds = Number(process.argv[2] ?? 5);
const audience = 'https://orders.example';
const batch = 50;

for (const algorithm of ['RS256', 'ES256']) await compare(algorithm);

async function compare(algorithm: string): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const header = { alg: algorithm, kid: 'bench' };
  const sign = (typ: string, claims: Record<string, unknown>) =>
    new SignJWT(claims)
      .setProtectedHeader({ ...header, typ })
      .setIssuedAt()
      .sign(privateKey);
  const jwks = JSON.stringify({
    keys: [{ ...(await exportJWK(publicKey)), ...header, use: 'sig' }],
  });
  const lst = deflateSync(new Uint8Array(2 ** 17)).toString('base64url');

  const server = createServer(async ({ url = '' }, response) => {
    if (url.endsWith('openid-configuration')) {
      const supported = { id_token_signing_alg_values_supported: [algorithm] };
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, ...supported }));
    } else if (url.endsWith('/jwks')) response.end(jwks);
    else {
      const times = { exp: Math.floor(Date.now() / 1000) + 30, ttl: 1 };
      const list = { iss: issuer, sub: issuer + url, ...times, status_list: { bits: 1, lst } };
      response.end(await sign('statuslist+jwt', list));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const tokens = await Promise.all(
    Array.from({ length: batch }, (_, idx) =>
      sign('at+jwt', {
        iss: issuer,
        sub: 'alice',
        aud: audience,
        exp: Math.floor(Date.now() / 1000) + 3600,
        jti: `token-${idx}`,
        client_id: 'shop',
        scope: 'orders:read orders:write',
        status: { status_list: { uri: `${issuer}/status-lists/bench`, idx: idx * 1000 } },
      }),
    ),
  );
  const options = { issuer, audience, algorithms: [algorithm], typ: 'at+jwt' };
  const verifier = createVerifier({ issuer, audience });
  const jose = (token: string) => jwtVerify(token, publicKey, options);
  const ours = (token: string) => verifier.verify(token);
  try {
    for (const atOnce of [1, batch]) {
      const [alone, checked] = await interleave([jose, ours], tokens, atOnce);
      const row = [algorithm, `${atOnce} at once`, alone, checked, checked - alone];
      console.log(row.map(show).join('  '));
    }
  } finally {
    verifier.close();
    server.close();
    server.closeAllConnections();
  }
}

type Verify = (token: string) => Promise<unknown>;

/** Microseconds a verification: the median over batches, of each. */
async function interleave(
  [first, second]: [Verify, Verify],
  tokens: string[],
  atOnce: number,
): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  const warm = performance.now() + 1000;
  const end = warm + seconds * 1000;
  for (let round = 0; performance.now() < end; round += 1) {
    // Each goes first half of the time.
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const which of order) {
      const time = await timeOf(which === 0 ? first : second, tokens, atOnce);
      if (performance.now() > warm) times[which].push(time);
    }
  }
  return [median(times[0]), median(times[1])];
}

async function timeOf(verify: Verify, tokens: string[], atOnce: number): Promise<number> {
  const start = performance.now();
  if (atOnce === 1) for (const token of tokens) await verify(token);
  else await Promise.all(tokens.map(verify));
  return ((performance.now() - start) * 1000) / tokens.length;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function show(value: string | number, column: number): string {
  if (typeof value === 'string') return value.padEnd(11);
  return `${['', '', 'jose', 'verifier', 'difference'][column]} ${value.toFixed(1)} µs`;
}
