import { declareApi, tryApi } from '../../api.ts';
import { buildRust } from '../../builds.ts';
import type { Program } from '../../program.ts';

export const program: Program = {
  name: 'jsonwebtoken with axum',
  registry: 'crates.io',
  version: '12.0.0',
  flow: 'an API verifies JWT access tokens offline',
  settings: '',
  declaration: (origin) => declareApi('rust-jsonwebtoken', origin),
  install: buildRust,
  attempt: (place) => tryApi('rust-jsonwebtoken', place),
};
