import { buildJar, startJar } from '../../installing/maven.ts';
import { apiApp } from '../../kinds/api_app.ts';

export const program = apiApp({
  id: 'quarkus-api',
  name: 'Quarkus (quarkus-oidc, service)',
  registry: 'Maven',
  version: '3.33.2',
  settings: '',
  install: buildJar,
  command: startJar,
});
