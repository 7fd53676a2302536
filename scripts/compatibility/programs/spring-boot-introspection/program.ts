import { buildJar } from '../../installing/maven.ts';
import { springApi } from '../../kinds/spring.ts';

export const program = springApi({
  id: 'spring-boot-introspection',
  version: '4.1.2',
  settings: '',
  introspects: true,
  install: buildJar,
});
