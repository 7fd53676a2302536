/**
 * The command line: its commands, and how their failures are reported. Each command is in its own file, loaded when
 * it is called, and leaves the work to the rooms.
 */
import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { reportFailure } from './terminal/failures.ts';

type Group = {
  name: string;
  summary: string;
  load: () => Promise<{ register: (command: Command) => void }>;
};

const groups: readonly Group[] = [
  { name: 'serve', summary: 'start Cardea', load: () => import('./serve.ts') },
  { name: 'check', summary: 'check the configuration', load: () => import('./check.ts') },
  {
    name: 'config',
    summary: 'describe the declarative file to editors',
    load: () => import('./config.ts'),
  },
  { name: 'secret', summary: 'make secrets', load: () => import('./secret.ts') },
  {
    name: 'keys',
    summary: 'list, rotate and revoke signing keys',
    load: () => import('./keys.ts'),
  },
  { name: 'clients', summary: 'manage clients', load: () => import('./clients.ts') },
  { name: 'users', summary: 'manage users', load: () => import('./users.ts') },
  { name: 'owner', summary: 'make the first owner', load: () => import('./owner.ts') },
  {
    name: 'operators',
    summary: 'who runs Cardea, in which role',
    load: () => import('./operators.ts'),
  },
  { name: 'projects', summary: 'manage projects', load: () => import('./projects.ts') },
  { name: 'api-keys', summary: 'manage API keys', load: () => import('./api_keys.ts') },
  {
    name: 'import',
    summary: 'bring users and clients from another server',
    load: () => import('./import.ts'),
  },
  {
    name: 'revoke',
    summary: 'kill switches for tokens, users, clients, APIs and keys',
    load: () => import('./revoke.ts'),
  },
  {
    name: 'inspect',
    summary: 'decode, verify and explain a token',
    load: () => import('./inspect.ts'),
  },
  {
    name: 'explain',
    summary: 'why a request was refused',
    load: () => import('./explain.ts'),
  },
  {
    name: 'admin',
    summary: 'call the admin API of a running Cardea',
    load: () => import('./admin.ts'),
  },
  { name: 'mail', summary: 'try whether mail can be sent', load: () => import('./mail.ts') },
  {
    name: 'passwords',
    summary: 'which passwords nobody may choose',
    load: () => import('./passwords.ts'),
  },
  { name: 'audit', summary: 'read audit events', load: () => import('./audit.ts') },
  { name: 'version', summary: 'print the version', load: () => import('./version.ts') },
];

/** Runs one command line, without the program name. Returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  process.stdout.on('error', endQuietly);
  const asJson = words.includes('--json');
  try {
    const program = await buildProgram(words);
    await program.parseAsync(words.map(markOperand), { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has already printed what is wrong; 0 is --help or --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportFailure(error, { asJson });
  }
}

/** The program with the commands of the group that `words` begin with; other groups have only their names. */
export async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('cardea')
    .description('An OAuth 2.0 / OpenID Connect authorization server.')
    .version(version, '--version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride();
  program.hook('preAction', (_program, command) => {
    command.processedArgs = command.processedArgs.map(withoutMark);
    for (const [name, value] of Object.entries(command.opts())) {
      command.setOptionValue(name, withoutMark(value));
    }
  });
  for (const { name, summary, load } of groups) {
    const command = program.command(name).description(summary);
    if (words[0] === name) (await load()).register(command);
  }
  return program;
}

/** Cannot occur in an argument: the operating system ends arguments with it. */
const mark = '\0';

/**
 * Ids and tokens are base64url, so one in 64 begins with a dash. As -h is the only option with a single dash, anything
 * else that looks like one is an operand.
 */
function markOperand(word: string): string {
  return /^-[^-]./.test(word) ? `${mark}${word}` : word;
}

function withoutMark(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMark);
  return typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : value;
}

/** A reader that closes early (`cardea clients list | head`) is not a failure. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}
