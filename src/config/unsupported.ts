import type { Configuration } from './configuration.ts';
import type { ConfigurationPath } from './configuration-path.ts';

/** Something that the configuration can say and this version does not do. */
export interface UnsupportedFeature {
  /** What is not supported, as the message says it. */
  readonly feature: string;
  /** Where a configuration asks for it; empty when it does not. */
  readonly findIn: (configuration: Configuration) => readonly ConfigurationPath[];
}

/**
 * What is in the schema and not yet built. A configuration that asks for it is refused: a setting that is read and has no
 * effect is worse than an error.
 */
export const NOT_YET_SUPPORTED: readonly UnsupportedFeature[] = [];

/** A place where a configuration asks for what is not built. */
export interface UnsupportedUse {
  readonly path: ConfigurationPath;
  readonly message: string;
}

/** Every place where the configuration asks for something in the table. */
export function refuseUnsupported(
  configuration: Configuration,
  table: readonly UnsupportedFeature[] = NOT_YET_SUPPORTED,
): readonly UnsupportedUse[] {
  return table.flatMap(({ feature, findIn }) =>
    findIn(configuration).map((path) => ({ path, message: `${feature} is not supported by this version` })),
  );
}
