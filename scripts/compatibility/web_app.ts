/** Programs that sign people in on a web server, whatever it is written in. */
import { type DeclaredClient, declaredClient } from './declared_client.ts';
import { type RunningProcess, start } from './processes.ts';
import type { Person, Place, Program } from './program.ts';

export type WebApp = Omit<Program, 'declaration' | 'attempt'> &
  DeclaredClient & {
    /** The command line of the server. */
    command(place: Place): [command: string, ...words: string[]];
    /** Has the person use the app, and resolves with what was seen. */
    use(place: Place, person: Person, app: RunningProcess): Promise<string>;
  };

export function webApp(about: WebApp): Program {
  const { name, registry, version, flow, settings, install } = about;
  const { declaration, environmentIn } = declaredClient(about);
  return {
    ...{ name, registry, version, flow, settings, install, declaration },
    async attempt(place, person) {
      const [command, ...words] = about.command(place);
      const app = start(command, words, { folder: place.folder, env: environmentIn(place) });
      try {
        await app.answersAt(place.origin);
        return await about.use(place, person, app);
      } catch (error) {
        const written = app.output().slice(-4000);
        throw new Error(`${(error as Error).message}\n${written}`, { cause: error });
      } finally {
        await app.stop();
      }
    },
  };
}
