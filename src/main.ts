/**
 * The program: command line in, exit code out.
 */
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from './cli/compile_cache.ts';

enableCompileCache(compileCacheFolder);
const { runCommandLine } = await import('./cli/program.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
