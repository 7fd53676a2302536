import { npmApi } from '../../kinds/npm_api.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApi({
  name: 'jose (createRemoteJWKSet)',
  package: 'jose',
  manifest,
  settings: '',
});
