/**
 * What Cardea and the OpenID Foundation's conformance suite must agree on: addresses, clients, keys, a
 * person. declaration.ts and suite.ts say it to either side.
 */
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomId } from '../../src/digests.ts';

type KeyPair = { publicJwk: JWK; privateJwk: JWK };

export type Setup = {
  issuer: string;
  /** Origin of the suite. */
  suite: string;
  /** The protected resource of the FAPI 2.0 plans, and the audience of its tokens. */
  api: string;
  /** A PEM file with the authority behind the suite's certificate. */
  ca: string;
  person: { username: string; password: string };
  /** Of all confidential clients. */
  secret: string;
  fapiKeys: [KeyPair, KeyPair];
};

/** Names the suite's static test: its URLs have it in their paths. */
export const alias = 'cardea';

/** Where the suite of this setup takes answers. */
export function suiteUrl({ suite }: Pick<Setup, 'suite'>, endpoint: string): string {
  return `${suite}/test/a/${alias}/${endpoint}`;
}

/** With fresh secrets and keys. */
export async function createSetup(
  addresses: Pick<Setup, 'issuer' | 'suite' | 'api' | 'ca'>,
): Promise<Setup> {
  return {
    ...addresses,
    person: { username: 'alice', password: randomId() },
    secret: `${randomId()}${randomId()}`,
    fapiKeys: [await createKeys('fapi-one'), await createKeys('fapi-two')],
  };
}

/** PS256, as the suite reads the algorithm from the key and FAPI forbids RS256. */
async function createKeys(kid: string): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPair('PS256', { extractable: true });
  const named = async (key: typeof publicKey): Promise<JWK> => ({
    ...(await exportJWK(key)),
    kid,
    alg: 'PS256',
    use: 'sig',
  });
  return { publicJwk: await named(publicKey), privateJwk: await named(privateKey) };
}
