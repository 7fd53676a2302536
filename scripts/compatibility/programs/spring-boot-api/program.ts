import { buildJar } from '../../installing/maven.ts';
import { springApi } from '../../kinds/spring.ts';

export const program = springApi({
  id: 'spring-boot-api',
  version: '4.1.2',
  settings: 'in the program: a `JwtDecoder` for `typ: at+jwt`',
  install: buildJar,
});
