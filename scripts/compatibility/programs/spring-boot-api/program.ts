import { apiApp } from '../../api_app.ts';
import { buildJar, startJar } from '../../maven.ts';

export const program = apiApp({
  id: 'spring-boot-api',
  name: 'Spring Boot (resource server)',
  registry: 'Maven',
  version: '4.1.2',
  settings: '`JwtDecoder` for `typ: at+jwt`',
  install: buildJar,
  command: startJar,
});
