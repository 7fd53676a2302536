/** Programs that sign people in on a web server, whatever it is written in. */
import { type CommandLine, type RunningProcess, whileRunning } from '../processes.ts';
import type { Person, Place, Program } from '../program.ts';
import { type DeclaredClient, declaredClient } from './declared_client.ts';

export type WebApp = Omit<Program, 'declaration' | 'attempt'> &
  DeclaredClient & {
    /** The command line of the server. */
    command(place: Place): CommandLine;
    /** What it says once it is ready; default: it answers at its port. */
    ready?: RegExp;
    /** Has the person use the app, and resolves with what was seen. */
    use(place: Place, person: Person, app: RunningProcess): Promise<string>;
  };

export function webApp(about: WebApp): Program {
  const { name, registry, version, flow, settings, install } = about;
  const { declaration, environmentIn } = declaredClient(about);
  return {
    ...{ name, registry, version, flow, settings, install, declaration },
    attempt(place, person) {
      const surroundings = { folder: place.folder, env: environmentIn(place) };
      return whileRunning(about.command(place), surroundings, async (app) => {
        // A path of no app, so that none starts a sign-in yet.
        await (about.ready ? app.says(about.ready) : app.answersAt(`${place.origin}/health`));
        return about.use(place, person, app);
      });
    },
  };
}
