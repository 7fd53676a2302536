/**
 * The program: command line in, exit code out. Started by bin/cardea.js.
 */
import { runCommandLine } from './cli/program.ts';

process.exitCode = await runCommandLine(process.argv.slice(2));
