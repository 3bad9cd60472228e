import { Command, CommanderError, Option } from 'commander';
import { addSelection, type SelectionOptions } from './selection-options.ts';
import { EXIT_CODE } from './exit-code.ts';
import { describeFailure } from './describe-failure.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

const EXIT_TABLE = `
Exit codes:
  0  everything selected is in sync      3  differences remain that are no failure
  1  a tag or a repository failed        4  a registry could not be read at all
  2  usage or configuration error        130  interrupted`;

type Action<O> = (options: O, terminal: Terminal) => Promise<number>;

/**
 * Runs one command line and gives its exit code. Commands are loaded when they are called, so that help costs nothing.
 *
 * @param argv as in `process.argv`.
 */
export async function runProgram(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let exitCode: number = EXIT_CODE.inSync;
  const run =
    <O>(load: () => Promise<Action<O>>) =>
    async (options: O): Promise<void> => {
      const action = await load();
      exitCode = await action(options, terminal);
    };
  const program = buildProgram(run);
  program.configureOutput({
    writeOut: (text) => terminal.out.write(text),
    writeErr: (text) => terminal.err.write(text),
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.inSync : EXIT_CODE.usage;
    return describeFailure(error, terminal);
  }
}

type Runner = <O>(load: () => Promise<Action<O>>) => (options: O) => Promise<void>;

function buildProgram(run: Runner): Command {
  const program = new Command('geo-reconciler')
    .description(
      'Keeps the repositories of two or more OCI registries equal, and says so only when it is true.',
    )
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(geo-reconciler --help tells more)')
    .addHelpText('after', EXIT_TABLE)
    .configureHelp({ showGlobalOptions: false });
  addServeCommand(program, run);
  addCycleCommands(program, run);
  addConfigCommands(program, run);
  inheritExit(program);
  return program;
}

function addServeCommand(program: Command, run: Runner): void {
  program
    .command('serve')
    .summary('keep the secondaries equal to their primary, for as long as it runs')
    .description(
      'Runs the service: cycles by schedule, any number of replicas on one database, and its health over HTTP.',
    )
    .addOption(configFileOption())
    .action(run<{ config?: string }>(async () => (await import('./commands/serve-command.ts')).runServe));
}

function configFileOption(): Option {
  return new Option(
    '--config <file>',
    'configuration file (default: $GEO_RECONCILER_CONFIG, then geo-reconciler.yaml)',
  );
}

function addCycleCommands(program: Command, run: Runner): void {
  const command = (name: string, summary: string): Command =>
    addSelection(
      program
        .command(name)
        .summary(summary)
        .description(`${capitalise(summary)}.`),
    ).addHelpText('after', EXIT_TABLE);
  command('sync', 'make the secondaries equal to their primary, once, in the foreground').action(
    run<SelectionOptions>(async () => (await import('./commands/sync-command.ts')).runSync),
  );
  command('plan', 'show what sync would do; changes nothing anywhere')
    .addOption(new Option('--show-ignored', 'list the tags that the filters leave alone'))
    .action(run<SelectionOptions>(async () => (await import('./commands/plan-command.ts')).runPlan));
  command('verify', 'answer whether every tag can be pulled from the secondaries')
    .addOption(
      new Option(
        '--depth <depth>',
        'tag: compare digests; graph: walk every manifest and blob; content: read and hash every byte',
      )
        .choices(['tag', 'graph', 'content'])
        .default('graph'),
    )
    .action(run<SelectionOptions>(async () => (await import('./commands/verify-command.ts')).runVerify));
}

function addConfigCommands(program: Command, run: Runner): void {
  const config = program.command('config').description('Check, print or describe the configuration file.');
  const file = configFileOption();
  const load = async () => await import('./commands/config-commands.ts');
  config
    .command('check')
    .description('Report every problem of the file at once, with path and line.')
    .addOption(file)
    .action(run<{ config?: string }>(async () => (await load()).runConfigCheck));
  config
    .command('print')
    .description('Print the configuration with its defaults filled in; a secret is never shown.')
    .addOption(file)
    .action(run<{ config?: string }>(async () => (await load()).runConfigPrint));
  config
    .command('schema')
    .description('Print the JSON Schema of the file, for editors.')
    .action(run<object>(async () => (await load()).runConfigSchema));
}

/** Every command throws instead of ending the process: the exit code is decided in one place. */
function inheritExit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride().showHelpAfterError(`(geo-reconciler ${child.name()} --help tells more)`);
    child.copyInheritedSettings(command);
    inheritExit(child);
  }
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
