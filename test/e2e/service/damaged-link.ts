import type { BuiltContent } from '../../builders/built-content.ts';
import { ociIndex } from '../../builders/index-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { DistributionStorage } from '../distribution-storage.ts';
import type { RegistryPair } from '../registry-pair.ts';
import { WorkDirectory } from '../work-directory.ts';
import { EventReader, type Json } from './event-reader.ts';
import { RunningService, type LogLine } from './running-service.ts';

/** Far enough away that a cycle after the first one begins for a doubt, or not at all. */
const ONCE_A_YEAR = '0 0 1 1 *';

interface Position {
  readonly primaryDigest: string | null;
  readonly secondaryDigest: string | null;
  readonly lastVerifiedDepth: string | null;
  readonly doubtedAt: string | null;
}

interface RepositoryAnswer {
  readonly dirty: boolean;
  readonly tags: { readonly items: readonly { tag: string; secondaries: readonly Position[] }[] };
}

/** A service of its own with one repository, and a layer of one of its tags that went bad on the secondary after it was copied. */
export class DamagedLink {
  readonly kind: string;
  readonly repository: string;
  readonly #damaged: BuiltContent;
  readonly #sound: BuiltContent;
  #storage!: DistributionStorage;
  #directory!: WorkDirectory;
  #base = '';
  service!: RunningService;

  constructor(kind: string) {
    this.kind = kind;
    this.repository = `team/${kind}`;
    this.#damaged = ociIndex(`${kind} damaged`);
    this.#sound = ociIndex(`${kind} sound`);
  }

  get digest(): string {
    return this.#damaged.root.digest;
  }

  get #layer(): string {
    return this.#damaged.blobs[1]!.digest;
  }

  async start(pair: RegistryPair, databaseUrl: string | undefined): Promise<void> {
    this.#storage = new DistributionStorage(pair.secondary);
    this.#directory = await WorkDirectory.create();
    await pushContent(pair.primary, this.repository, this.#damaged, { tag: 'damaged' });
    await pushContent(pair.primary, this.repository, this.#sound, { tag: 'sound' });
    const file = await this.#directory.write(
      'geo-reconciler.yaml',
      `registries:
  eu: { url: "${pair.primary.url}" }
  us: { url: "${pair.secondary.url}" }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "${ONCE_A_YEAR}",
      repositories: { include: [${this.repository}] }, verify: { depth: content, schedule: "*/10 * * * * *" } }
${databaseUrl === undefined ? '' : 'database: { url: { env: DATABASE_URL } }'}
server: { port: 0 }
log: { level: debug }
`,
    );
    this.service = RunningService.start(this.kind, file, {
      environment: databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl },
      workingDirectory: this.#directory.path,
    });
    this.#base = `${await this.service.url()}/api/v1`;
    await this.service.line(isInSync);
    await this.#storage.flipBit(this.#layer);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.#directory.remove();
  }

  async removeBadBytes(): Promise<void> {
    await this.#storage.removeBlob(this.#layer);
  }

  async look(): Promise<RepositoryAnswer> {
    return (await this.#get(
      `/links/eu-to-us/repositories/${encodeURIComponent(this.repository)}`,
    )) as RepositoryAnswer;
  }

  async position(tag: string): Promise<Position | undefined> {
    return (await this.look()).tags.items.find((item) => item.tag === tag)?.secondaries[0];
  }

  /** What the cycles were for, and why they were. */
  async causes(): Promise<readonly string[]> {
    const { items } = (await this.#get('/cycles?link=eu-to-us&limit=100')) as {
      readonly items: readonly { readonly command: string; readonly cause: string }[];
    };
    return [...new Set(items.map(({ command, cause }) => `${command} by ${cause}`))].toSorted();
  }

  /** As an operator; answers the cycle when it has ended. */
  async ask(what: 'resync' | 'verify', body: object): Promise<Json> {
    const answer = await fetch(`${this.#base}/links/eu-to-us/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { id } = (await answer.json()) as { readonly id: string };
    const events = await EventReader.open(`${this.#base}/cycles/${id}/events`);
    await events.ended;
    return await this.#get(`/cycles/${id}`);
  }

  async #get(path: string): Promise<Json> {
    return await (await fetch(`${this.#base}${path}`)).json();
  }
}

function isInSync({ msg, outcome }: LogLine): boolean {
  return msg === 'a cycle ended' && outcome === 'in-sync';
}
