import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import type { StartedTestContainer } from 'testcontainers';

import type { ContainerLibrary } from './container-engine.ts';
import { basicAuthorization } from './htpasswd.ts';
import { distributionFiles, UnsupportedOptionError, zotFiles } from './registry-configuration.ts';
import type { RegistryFlavour, RegistryOptions, RunningRegistry } from './registry-provider.ts';
import { freePort } from './registry-readiness.ts';

/** Includes the pull of an image of 60 MB. */
const START_TIMEOUT_SECONDS = 180;
const CONTAINER_PORT = 5000;
const STORAGE = '/var/lib/registry';
const CONFIGURATION = '/etc/registry-under-test';
/** The name under which the library makes a port of this machine reachable from a container. */
const HOST_FROM_CONTAINER = 'host.testcontainers.internal';

export interface RegistryImage {
  readonly flavour: RegistryFlavour;
  readonly name: string;
  readonly version: string;
}

const zotArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

export const registryImages: Readonly<Partial<Record<RegistryFlavour, RegistryImage>>> = {
  distribution2: { flavour: 'distribution2', name: 'registry:2.8.3', version: '2.8.3' },
  distribution3: { flavour: 'distribution3', name: 'registry:3.1.1', version: '3.1.1' },
  zot: {
    flavour: 'zot',
    name: `ghcr.io/project-zot/zot-linux-${zotArchitecture}:v2.1.18`,
    version: '2.1.18',
  },
};

/** A registry as a container. The library's reaper removes it where this process dies without a stop. */
export class ContainerRegistry implements RunningRegistry {
  readonly flavour: RegistryFlavour;
  readonly storageDirectory: string;
  readonly logFile: string;
  readonly processId = undefined;
  private readonly library: ContainerLibrary;
  private readonly image: RegistryImage;
  private readonly workDirectory: string;
  private readonly port: number;
  private readonly nonce = randomBytes(12).toString('hex');
  private options: RegistryOptions;
  private container: StartedTestContainer | undefined;

  private constructor(
    library: ContainerLibrary,
    image: RegistryImage,
    options: RegistryOptions & { readonly port: number },
    workDirectory: string,
  ) {
    this.library = library;
    this.image = image;
    this.flavour = image.flavour;
    this.options = options;
    this.port = options.port;
    this.workDirectory = workDirectory;
    this.storageDirectory = options.storageDirectory ?? join(workDirectory, 'storage');
    this.logFile = join(workDirectory, 'registry.log');
  }

  /** Starts the container. Throws where the image cannot be pulled or the registry does not come up. */
  static async start(
    library: ContainerLibrary,
    image: RegistryImage,
    options: RegistryOptions,
  ): Promise<ContainerRegistry> {
    const workDirectory = await mkdtemp(join(tmpdir(), 'geo-reconciler-registry-'));
    const port = options.port ?? (await freePort());
    const registry = new ContainerRegistry(library, image, { ...options, port }, workDirectory);
    try {
      await mkdir(registry.storageDirectory, { recursive: true });
      // The engine may map the user of the container to another one (rootless), so anyone may write here.
      await chmod(registry.storageDirectory, 0o777);
      await registry.startContainer();
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

  async stop(): Promise<void> {
    await this.removeContainer();
    // What a rootless engine left in another user's name stays; the system clears its temporary directory.
    await rm(this.workDirectory, { recursive: true, force: true }).catch(() => undefined);
  }

  async kill(): Promise<void> {
    await this.removeContainer();
  }

  async restart(changes: Omit<RegistryOptions, 'port' | 'storageDirectory'> = {}): Promise<void> {
    await this.removeContainer();
    this.options = { ...this.options, ...changes };
    await this.startContainer();
  }

  async suspend(): Promise<void> {
    await this.signalRegistry('STOP');
  }

  async resume(): Promise<void> {
    await this.signalRegistry('CONT');
  }

  async collectGarbage(untagged: 'keep' | 'delete'): Promise<string> {
    if (this.flavour === 'zot') throw new UnsupportedOptionError('zot has no command that collects garbage');
    const flags = untagged === 'delete' ? ['--delete-untagged'] : [];
    const result = await this.running().exec([
      'registry',
      'garbage-collect',
      ...flags,
      `${CONFIGURATION}/config.yml`,
    ]);
    if (result.exitCode !== 0)
      throw new Error(`garbage-collect ended with ${result.exitCode}: ${result.output}`);
    return result.output;
  }

  private async startContainer(): Promise<void> {
    const files = await this.renderFiles();
    const contents = [...files.contents].map(([name, content]) => ({
      content,
      target: `${CONFIGURATION}/${name}`,
      mode: 0o644,
    }));
    const log = createWriteStream(this.logFile, { flags: 'a' });
    const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    const wait = this.library.Wait.forHttp('/v2/', CONTAINER_PORT).forStatusCodeMatching(
      (status) => status === 200 || status === 401,
    );
    this.container = await new this.library.GenericContainer(this.image.name)
      .withCommand(['serve', `${CONFIGURATION}/${files.configuration}`])
      .withEnvironment({ OTEL_TRACES_EXPORTER: 'none' })
      .withCopyContentToContainer(contents)
      .withBindMounts([{ source: this.storageDirectory, target: STORAGE, mode: 'z' }])
      .withUser(user)
      .withExposedPorts({ container: CONTAINER_PORT, host: this.port })
      .withLogConsumer((stream: Readable) => stream.pipe(log))
      .withStartupTimeout(START_TIMEOUT_SECONDS * 1000)
      .withWaitStrategy(this.options.tls === undefined ? wait : wait.usingTls().allowInsecure())
      .start();
  }

  private async renderFiles(): Promise<ReturnType<typeof distributionFiles>> {
    const notifications = await this.reachableNotifications();
    const render = this.flavour === 'zot' ? zotFiles : distributionFiles;
    return render(
      { ...this.options, ...(notifications === undefined ? {} : { notifications }) },
      {
        host: '0.0.0.0',
        port: CONTAINER_PORT,
        storageDirectory: STORAGE,
        configurationDirectory: CONFIGURATION,
        nonce: this.nonce,
      },
    );
  }

  /** Loopback of this machine is not loopback of the container. */
  private async reachableNotifications(): Promise<RegistryOptions['notifications']> {
    const { notifications } = this.options;
    if (notifications === undefined) return undefined;
    const url = new URL(notifications.url);
    if (url.hostname !== '127.0.0.1' && url.hostname !== 'localhost') return notifications;
    await this.library.TestContainers.exposeHostPorts(Number(url.port === '' ? 80 : url.port));
    url.hostname = HOST_FROM_CONTAINER;
    return { ...notifications, url: url.href };
  }

  private async removeContainer(): Promise<void> {
    const { container } = this;
    if (container === undefined) return;
    this.container = undefined;
    // So that this user can remove the files that the container's user made.
    await container.exec(['chmod', '-R', 'a+rwX', STORAGE]).catch(() => undefined);
    await container.stop({ timeout: 0 });
  }

  /** Process 1 ignores SIGSTOP from inside its own namespace, so the engine pauses the container. */
  private async signalRegistry(signal: 'STOP' | 'CONT'): Promise<void> {
    const client = await this.library.getContainerRuntimeClient();
    const handle = client.container.getById(this.running().getId());
    await (signal === 'STOP' ? handle.pause() : handle.unpause());
  }

  private running(): StartedTestContainer {
    if (this.container === undefined) throw new Error('the registry does not run');
    return this.container;
  }
}
