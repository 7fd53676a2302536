import { buildJar } from '../../installing/maven.ts';
import { springClient } from '../../kinds/spring.ts';

export const program = await springClient({
  id: 'spring-boot-client',
  version: '4.1.2',
  settings: '',
  install: buildJar,
});
