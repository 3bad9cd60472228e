import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { basicAuthorization } from './htpasswd.ts';
import type { RegistryBinary } from './registry-binary.ts';
import {
  distributionFiles,
  olaregArguments,
  registryEnvironment,
  UnsupportedOptionError,
  zotFiles,
} from './registry-configuration.ts';
import type { RegistryFlavour, RegistryOptions, RunningRegistry } from './registry-provider.ts';
import { freePort, waitUntilReady } from './registry-readiness.ts';
import { complaintOf, runCommand } from './run-command.ts';
import { superviseProcess, type SupervisedProcess } from './supervised-process.ts';

/** A registry reads its configuration and listens; 30 s is a machine that swaps. */
const START_TIMEOUT_SECONDS = 30;
/** Distribution ends at once on SIGTERM unless it was told to drain. */
const STOP_TIMEOUT_SECONDS = 5;
/** Another process may take the free port between the look and the use; three times in a row is something else. */
const PORT_ATTEMPTS = 3;
const GARBAGE_COLLECTION_TIMEOUT_SECONDS = 120;

type RestartOptions = Omit<RegistryOptions, 'port' | 'storageDirectory'>;

/** A registry as a process on loopback, with its files in a temporary directory. */
export class ProcessRegistry implements RunningRegistry {
  readonly flavour: RegistryFlavour;
  readonly storageDirectory: string;
  readonly logFile: string;
  private readonly binary: RegistryBinary;
  private readonly workDirectory: string;
  private readonly nonce = randomBytes(12).toString('hex');
  private options: RegistryOptions;
  private port: number;
  private process: SupervisedProcess | undefined;

  private constructor(binary: RegistryBinary, options: RegistryOptions, workDirectory: string) {
    this.flavour = binary.flavour;
    this.binary = binary;
    this.options = options;
    this.port = options.port ?? 0;
    this.workDirectory = workDirectory;
    this.storageDirectory = options.storageDirectory ?? join(workDirectory, 'storage');
    this.logFile = join(workDirectory, 'registry.log');
  }

  /** Starts the program. Throws where it does not come up, with the end of its log in the message. */
  static async start(binary: RegistryBinary, options: RegistryOptions): Promise<ProcessRegistry> {
    const workDirectory = await mkdtemp(join(tmpdir(), 'geo-reconciler-registry-'));
    const registry = new ProcessRegistry(binary, options, workDirectory);
    try {
      await mkdir(registry.storageDirectory, { recursive: true });
      await registry.startOnSomePort();
      return registry;
    } catch (error) {
      await registry.stop();
      throw error;
    }
  }

  get url(): string {
    return `${this.options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  get authorization(): string | undefined {
    const { auth } = this.options;
    return auth === undefined ? undefined : basicAuthorization(auth.username, auth.password);
  }

  get certificate(): string | undefined {
    return this.options.tls?.certificate;
  }

  get processId(): number | undefined {
    return this.process?.isRunning() === true ? this.process.processId : undefined;
  }

  async stop(): Promise<void> {
    await this.terminate();
    await rm(this.workDirectory, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    this.process?.signal('KILL');
    await this.process?.exited();
  }

  async restart(changes: RestartOptions = {}): Promise<void> {
    await this.terminate();
    this.options = { ...this.options, ...changes };
    await this.startOnPort();
  }

  async suspend(): Promise<void> {
    this.process?.signal('STOP');
    await this.waitForState((state) => state === 'T');
  }

  async resume(): Promise<void> {
    this.process?.signal('CONT');
    await this.waitForState((state) => state !== 'T');
  }

  async collectGarbage(untagged: 'keep' | 'delete'): Promise<string> {
    if (this.flavour === 'zot' || this.flavour === 'olareg')
      throw new UnsupportedOptionError(`${this.flavour} has no command that collects garbage`);
    const flags = untagged === 'delete' ? ['--delete-untagged'] : [];
    const result = await runCommand(
      this.binary.path,
      ['garbage-collect', ...flags, join(this.workDirectory, 'config.yml')],
      { timeoutSeconds: GARBAGE_COLLECTION_TIMEOUT_SECONDS, env: registryEnvironment() },
    );
    if (result.exitCode !== 0) throw new Error(`garbage-collect ${complaintOf(result)}`);
    return result.stdout;
  }

  private async startOnSomePort(): Promise<void> {
    if (this.options.port !== undefined) {
      await this.startOnPort();
      return;
    }
    for (let attempt = 1; ; attempt += 1) {
      this.port = await freePort();
      try {
        await this.startOnPort();
        return;
      } catch (error) {
        const portTaken = error instanceof Error && error.message.includes('address already in use');
        if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  private async startOnPort(): Promise<void> {
    const args =
      this.flavour === 'olareg'
        ? olaregArguments(this.options, { port: this.port, storageDirectory: this.storageDirectory })
        : ['serve', await this.writeFiles()];
    const child = await superviseProcess({
      file: this.binary.path,
      args,
      env: registryEnvironment(),
      logFile: this.logFile,
      scratchDirectory: this.workDirectory,
    });
    this.process = child;
    const readiness = await waitUntilReady({
      url: this.url,
      certificate: this.certificate,
      nonce: this.flavour === 'zot' || this.flavour === 'olareg' ? undefined : this.nonce,
      isRunning: () => child.isRunning(),
      timeoutSeconds: START_TIMEOUT_SECONDS,
    });
    if (readiness === 'ready') return;
    await this.terminate();
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    const what =
      readiness === 'exited' ? 'ended at once' : `did not answer within ${START_TIMEOUT_SECONDS} s`;
    // The last 2,000 characters: a panic's first lines with a few frames.
    throw new Error(`${this.binary.path} ${what}: ${log.trim().slice(-2_000)}`);
  }

  private async writeFiles(): Promise<string> {
    const render = this.flavour === 'zot' ? zotFiles : distributionFiles;
    const files = render(this.options, {
      host: '127.0.0.1',
      port: this.port,
      storageDirectory: this.storageDirectory,
      configurationDirectory: this.workDirectory,
      nonce: this.nonce,
    });
    for (const [name, content] of files.contents) {
      await writeFile(join(this.workDirectory, name), content, { mode: 0o600 });
    }
    return join(this.workDirectory, files.configuration);
  }

  private async terminate(): Promise<void> {
    const child = this.process;
    if (child === undefined) return;
    // A frozen process takes SIGTERM only after it goes on.
    child.signal('CONT');
    child.signal('TERM');
    const forced = setTimeout(() => child.signal('KILL'), STOP_TIMEOUT_SECONDS * 1000);
    await child.exited();
    clearTimeout(forced);
  }

  /** Signals pass through a shell, so their effect comes a moment after the call; Linux tells by /proc. */
  private async waitForState(reached: (state: string) => boolean): Promise<void> {
    for (let look = 0; look < 200; look += 1) {
      const status = await readFile(`/proc/${this.processId ?? 0}/stat`, 'utf8').catch(() => undefined);
      // The state is the first field after the program's name, which stands in parentheses.
      const state = status === undefined ? undefined : /\) (\S)/.exec(status)?.[1];
      if (state === undefined || reached(state)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
