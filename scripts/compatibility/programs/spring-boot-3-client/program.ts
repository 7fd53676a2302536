import { buildWithSourcesOf, springClient } from '../../kinds/spring.ts';

export const program = await springClient({
  id: 'spring-boot-3-client',
  version: '3.5.16',
  settings: 'in the program: PKCE, by an `OAuth2AuthorizationRequestResolver`',
  install: (place) => buildWithSourcesOf('spring-boot-client', place),
});
