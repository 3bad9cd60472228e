import { type Command, InvalidArgumentError, Option } from 'commander';

/** The flags of SELECTION as commander collects them. */
export interface SelectionOptions {
  readonly config?: string;
  readonly link?: readonly string[];
  readonly repository?: readonly string[];
  readonly tag?: readonly string[];
  readonly platform?: readonly string[];
  readonly primary?: string;
  readonly secondary?: readonly string[];
  readonly data?: string;
  readonly deleteOrphans?: true;
  readonly deleteFallback?: 'none' | 'tombstone';
  readonly maxDeletions?: string;
  readonly output: 'text' | 'json';
}

const CONFIGURED = 'Configured links:';
const AD_HOC = 'Ad-hoc link, no file needed:';

/** Adds the flags that choose what a command works on, and `--output`. */
export function addSelection(command: Command): Command {
  for (const option of [...configuredOptions(), ...adHocOptions(), ...commonOptions()])
    command.addOption(option);
  return command;
}

function configuredOptions(): Option[] {
  const file = 'configuration file (default: $GEO_RECONCILER_CONFIG, then geo-reconciler.yaml)';
  return [
    grouped(CONFIGURED, '--config <file>', file),
    grouped(CONFIGURED, '--link <name>', 'only this link; may be repeated').argParser(collect),
  ];
}

function adHocOptions(): Option[] {
  const adHoc = (flags: string, description: string): Option => grouped(AD_HOC, flags, description);
  return [
    adHoc('--primary <url>', 'registry to copy from, such as https://registry.example.com'),
    adHoc('--secondary <url>', 'registry to keep equal; may be repeated').argParser(collect),
    adHoc('--tag <pattern>', 'only these tags; may be repeated').argParser(collect),
    adHoc(
      '--platform <os/arch>',
      'only these platforms, such as linux/arm64 or linux/arm/v7; may be repeated',
    ).argParser(collect),
    adHoc('--data <dir>', 'keep state in an embedded database there (default: in memory)'),
    adHoc('--delete-orphans', 'delete tags that the primary does not have (default: only report them)'),
    adHoc('--delete-fallback <how>', 'where a registry refuses to delete by tag name').choices([
      'none',
      'tombstone',
    ]),
  ];
}

function commonOptions(): Option[] {
  return [
    new Option(
      '--repository <pattern>',
      'only these repositories, exact or a glob such as "team/**"; may be repeated',
    ).argParser(collect),
    new Option(
      '--max-deletions <n|n%>',
      'most tags to delete per repository (default: the larger of 5 and 10%)',
    ),
    new Option('--output <format>', 'result on standard output').choices(['text', 'json']).default('text'),
  ];
}

function grouped(group: string, flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(group);
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  if (value === '') throw new InvalidArgumentError('it must not be empty');
  return [...(previous ?? []), value];
}
