import { npmApi } from '../../kinds/npm_api.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApi({
  name: 'express-oauth2-jwt-bearer',
  package: 'express-oauth2-jwt-bearer',
  manifest,
  settings: '',
});
