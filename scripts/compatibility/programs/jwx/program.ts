import { declareApi, tryApi } from '../../api.ts';
import { buildGo } from '../../builds.ts';
import type { Program } from '../../program.ts';

export const program: Program = {
  name: 'lestrrat-go/jwx',
  registry: 'Go',
  version: '3.4.0',
  flow: 'an API verifies JWT access tokens offline',
  settings: '',
  declaration: (origin) => declareApi('jwx', origin),
  install: buildGo,
  attempt: (place) => tryApi('jwx', place),
};
