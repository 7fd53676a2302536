/**
 * The program: command line in, exit code out. Compiled code is cached within the project, not in a folder
 * for temporary files, where another user of the machine could leave code for us to run.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/cardea', import.meta.url)));
const { runCommandLine } = await import('./cli/program.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
