import { buildWithSourcesOf, springApi } from '../../kinds/spring.ts';

export const program = springApi({
  id: 'spring-boot-3-api',
  version: '3.5.16',
  settings: 'in the program: a `JwtDecoder` for `typ: at+jwt`',
  install: (place) => buildWithSourcesOf('spring-boot-api', place),
});
