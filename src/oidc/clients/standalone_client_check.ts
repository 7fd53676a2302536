/**
 * The check of clients where no server runs: `cardea check` and the commands that change clients. It builds
 * a Provider that serves nothing, from the same configuration, and asks that.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { Declaration } from '../../config/schema/declaration.ts';
import type { SigningAlgorithm } from '../../definitions/oauth.ts';
import { createPersonScopes } from '../../scopes/room.ts';
import type { SigningKey } from '../../signing_keys/room.ts';
import { createProvider, type ProviderDependencies } from '../engine/provider.ts';
import { createEngineClientCheck, type EngineClientCheck } from './client_check.ts';

export function createStandaloneClientCheck(declaration: Declaration): EngineClientCheck {
  const scopes = createPersonScopes(declaration);
  const { algorithm } = declaration.signing_keys;
  const algorithms = [...new Set<SigningAlgorithm>([algorithm, 'ES256'])];
  const inert = new Proxy({}, { get: () => async () => undefined });
  const dependencies = {
    issuer: 'https://nowhere.example',
    basePath: '',
    ...{ declaration, scopes },
    algorithm,
    cookieKeys: ['unused'],
    dpopNonceSecret: Buffer.alloc(32),
    adapterFor: () => inert,
    pages: inert,
    resources: {},
    tokenClaims: inert,
    exchange: inert,
  } as unknown as ProviderDependencies;
  const provider = createProvider(dependencies, algorithms.map(throwawayKey));
  return createEngineClientCheck(() => provider, scopes);
}

/** Tells the engine which algorithms there are; signs nothing. */
function throwawayKey(algorithm: SigningAlgorithm): SigningKey {
  const { publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = algorithm;
  return {
    kid,
    algorithm,
    state: 'current',
    publicKey,
    publicJwk: {
      ...(publicKey.export({ format: 'jwk' }) as { kty: string }),
      use: 'sig',
      alg: algorithm,
      kid,
    },
    publishedAt: 0,
    activatesAt: 0,
  };
}
