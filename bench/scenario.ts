import type { RegistryProvider } from '../test/registries/registry-provider.ts';
import type { ToolResult } from './alternating-runs.ts';
import type { BenchmarkOptions } from './benchmark-options.ts';
import type { Goal } from './goal.ts';
import type { MissingTool, Tool } from './tool.ts';

/** What every scenario works with. */
export interface Bench {
  readonly options: BenchmarkOptions;
  readonly provider: RegistryProvider;
  /** Ours first. */
  readonly tools: readonly Tool[];
}

export interface ScenarioResult {
  readonly title: string;
  /** What was copied or compared, in a sentence. */
  readonly content: string;
  /** Names that a tag list of the primary shows. */
  readonly tags: number;
  readonly results: readonly ToolResult[];
  readonly failed: readonly MissingTool[];
  readonly goals: readonly Goal[];
}
