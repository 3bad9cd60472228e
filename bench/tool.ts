import type { CommandLine } from './measured-command.ts';

/** Two registries and what is to be equal on both. */
interface Pair {
  readonly primary: { readonly url: string; readonly host: string };
  readonly secondary: { readonly url: string; readonly host: string };
  readonly repositories: readonly string[];
}

/** A program that can make one registry equal to another. */
export interface Tool {
  /** As the table calls it, with version and flags. */
  readonly title: string;
  /** `ours` is held to the figures, `peer` is what it is compared with. */
  readonly role: 'ours' | 'peer';
  /** The name under which it writes a repository of the primary. */
  secondaryRepository(name: string): string;
  /** The command that copies all tags of all repositories. */
  sync(pair: Pair): CommandLine;
}

/** A program that was looked for or run in vain, and what the report says of it. */
export interface MissingTool {
  readonly title: string;
  readonly reason: string;
}
