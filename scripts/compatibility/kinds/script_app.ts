/** Programs that do their work and end. */

import { type CommandLine, run } from '../processes.ts';
import type { Person, Place, Program } from '../program.ts';
import { type DeclaredClient, declaredClient } from './declared_client.ts';

type ScriptApp = Omit<Program, 'declaration' | 'attempt'> &
  DeclaredClient & {
    command(place: Place): CommandLine;
    /** Runs the command with more words as often as is needed; `runWith` resolves with what it printed. */
    use(runWith: (...words: string[]) => Promise<string>, person: Person): Promise<string>;
  };

export function scriptApp(about: ScriptApp): Program {
  const { name, registry, version, flow, settings, install } = about;
  const { declaration, environmentIn } = declaredClient(about);
  return {
    ...{ name, registry, version, flow, settings, install, declaration },
    attempt(place, person) {
      const [command, ...words] = about.command(place);
      const surroundings = { folder: place.folder, env: environmentIn(place) };
      return about.use((...more) => run(command, [...words, ...more], surroundings), person);
    },
  };
}
