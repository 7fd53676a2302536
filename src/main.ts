/**
 * The program: command line in, exit code out. bin/cardea.js starts it.
 */
import { runCommandLine } from './cli/program.ts';

process.exitCode = await runCommandLine(process.argv.slice(2));
