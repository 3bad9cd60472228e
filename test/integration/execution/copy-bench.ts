import { DirectContent } from '../../../src/execution/primary-content.ts';
import { Executor } from '../../../src/execution/executor.ts';
import { NOTHING_PREPARED } from '../../../src/execution/prepared-content.ts';
import { TransferTally } from '../../../src/execution/transfer-tally.ts';
import { parseDigest } from '../../../src/oci/digest.ts';
import { parseTag, type RepositoryName } from '../../../src/oci/reference.ts';
import type { PlanStep, StepOutcome } from '../../../src/planning/step.ts';
import type { RegistryClient } from '../../../src/registry/registry-client.ts';
import type { BuiltContent } from '../../builders/built-content.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../fakes/fake-registry.ts';
import type { FakeStorage } from '../../fakes/fake-storage.ts';
import { APP, RegistryBench, type BenchConnection } from '../registry/registry-bench.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';

export interface CopyBenchOptions {
  readonly primary?: FakeRegistryOptions;
  readonly secondary?: FakeRegistryOptions;
  readonly connection?: BenchConnection;
}

/** Puts content into a registry without HTTP, as if it had always been there. */
export function seed(storage: FakeStorage, repository: string, content: BuiltContent, tag: string): string {
  for (const { bytes, digest } of content.blobs)
    storage.repository(repository).linkBlob(digest, storage.putBlob(repository, bytes));
  for (const manifest of content.manifests) storage.putManifestAs(repository, manifest.digest, manifest);
  storage.setTag(repository, tag, content.root.digest);
  return content.root.digest;
}

/** Two registries and what copies from one to the other, during one cycle. */
export class CopyBench {
  readonly clock = new VirtualClock();
  readonly tally = new TransferTally();
  readonly primary: FakeRegistry;
  readonly secondary: FakeRegistry;
  readonly clients: { readonly primary: RegistryClient; readonly secondary: RegistryClient };
  readonly #bench: RegistryBench;
  readonly #executor: Executor;

  private constructor(
    bench: RegistryBench,
    registries: readonly [FakeRegistry, FakeRegistry],
    connection: BenchConnection,
  ) {
    this.#bench = bench;
    [this.primary, this.secondary] = registries;
    const options = { clock: this.clock, ...connection };
    this.clients = {
      primary: bench.client(this.primary, { ...options, name: 'primary' }),
      secondary: bench.client(this.secondary, { ...options, name: 'secondary' }),
    };
    this.#executor = new Executor(new DirectContent(this.clients.primary), this.clients.secondary);
  }

  static async open({ primary, secondary, connection = {} }: CopyBenchOptions = {}): Promise<CopyBench> {
    const bench = new RegistryBench();
    const registries = [await bench.start(primary), await bench.start(secondary)] as const;
    return new CopyBench(bench, registries, connection);
  }

  /** A step as the comparison would have made it. */
  step(tag: string, repository: RepositoryName = APP): PlanStep {
    const primaryDigest = parseDigest(this.primary.storage.tags(repository).get(tag) ?? '');
    return { kind: 'copy-tag', tag: parseTag(tag), primaryDigest, secondaryDigest: null };
  }

  /** Copies tags at the same time, and gives back their outcomes in their order. */
  async copy(tags: readonly string[], repository: RepositoryName = APP): Promise<readonly StepOutcome[]> {
    return await this.copySteps(
      tags.map((tag) => this.step(tag, repository)),
      repository,
    );
  }

  async copySteps(
    steps: readonly PlanStep[],
    repository: RepositoryName = APP,
  ): Promise<readonly StepOutcome[]> {
    const context = {
      primaryRepository: repository,
      secondaryRepository: repository,
      tally: this.tally,
      walk: 'trusting',
      prepare: () => Promise.resolve(NOTHING_PREPARED),
    } as const;
    return await this.#executor.copy(
      steps.map((copy) => ({ copy, referrers: [] })),
      context,
      () => undefined,
    );
  }

  close(): Promise<readonly unknown[]> {
    return this.#bench.close();
  }
}
