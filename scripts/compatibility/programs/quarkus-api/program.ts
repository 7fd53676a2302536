import { apiApp } from '../../api_app.ts';
import { buildJar, startJar } from '../../maven.ts';

export const program = apiApp({
  id: 'quarkus-api',
  name: 'Quarkus (quarkus-oidc, service)',
  registry: 'Maven',
  version: '3.33.2',
  settings: '',
  install: buildJar,
  command: startJar,
});
