import { adHocConfiguration } from '../config/ad-hoc-configuration.ts';
import { ConfigurationError, problemAt, type ConfigurationProblem } from '../config/configuration-error.ts';
import type { Configuration } from '../config/configuration.ts';
import { findConfigurationFile } from '../config/find-configuration-file.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { selectConfiguration } from '../config/selection.ts';
import type { SelectionOptions } from './selection-options.ts';
import type { Terminal } from './terminal.ts';

/** Flags that only make sense together with `--primary` and `--secondary`. */
const AD_HOC_FLAGS = {
  secondary: '--secondary',
  tag: '--tag',
  platform: '--platform',
  data: '--data',
  deleteOrphans: '--delete-orphans',
  deleteFallback: '--delete-fallback',
} as const;

/**
 * What a command works on: the configured links that its flags select, or an ad-hoc link.
 *
 * @throws {ConfigurationError} before any request.
 */
export function loadSelection(options: SelectionOptions, terminal: Terminal): Configuration {
  refuseMixture(options);
  if (options.primary !== undefined) return loadAdHoc(options, options.primary, terminal);
  const { environment } = terminal;
  const configuration = loadConfiguration(findConfigurationFile(options.config, environment), environment);
  const { link = [], repository = [], maxDeletions } = options;
  return selectConfiguration(configuration, { link, repository, maxDeletions });
}

/** Whether a command works on configured links or on one that only its flags know. */
export function linksOf({ primary }: SelectionOptions): 'configured' | 'ad-hoc' {
  return primary === undefined ? 'configured' : 'ad-hoc';
}

function loadAdHoc(options: SelectionOptions, primary: string, { environment }: Terminal): Configuration {
  return adHocConfiguration(
    {
      primary,
      secondary: options.secondary ?? [],
      repository: options.repository ?? [],
      tag: options.tag ?? [],
      platform: options.platform ?? [],
      deleteOrphans: options.deleteOrphans ?? false,
      deleteFallback: options.deleteFallback ?? 'none',
      data: options.data,
      maxDeletions: options.maxDeletions,
    },
    environment,
  );
}

/** A flag that would have no effect is an error: whoever wrote it expects one. */
function refuseMixture(options: SelectionOptions): void {
  const problems: ConfigurationProblem[] = [];
  if (options.primary === undefined) {
    for (const [option, flag] of Object.entries(AD_HOC_FLAGS) as [keyof typeof AD_HOC_FLAGS, string][]) {
      if (options[option] !== undefined)
        problems.push(problemAt(flag, 'goes with an ad-hoc link: add --primary URL and --secondary URL'));
    }
  } else {
    if (options.secondary === undefined)
      problems.push(problemAt('--primary', 'needs at least one --secondary URL'));
    if (options.config !== undefined)
      problems.push(problemAt('--config', 'does not go with --primary: an ad-hoc link needs no file'));
    if (options.link !== undefined)
      problems.push(problemAt('--link', 'does not go with --primary: name links of a configuration file'));
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}
