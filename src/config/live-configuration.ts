import { isDeepStrictEqual } from 'node:util';
import { stat } from 'node:fs/promises';
import { ConfigurationError } from './configuration-error.ts';
import type { Configuration, LinkConfiguration, RegistryConfiguration } from './configuration.ts';
import { Secret } from './secret.ts';

/** How the last attempt to read the file again ended. */
export type ReloadState =
  | { readonly kind: 'ok'; readonly at: Date }
  /** The configuration before it is still in force. */
  | { readonly kind: 'refused'; readonly at: Date; readonly message: string };

/** What a reload changed. */
export interface ConfigurationChange {
  readonly before: Configuration;
  readonly after: Configuration;
  /** Sections that take effect with the next start only. */
  readonly ignored: readonly string[];
}

/** The configuration in force. Links and registries follow the file; everything else is as it was at the start. */
export class LiveConfiguration {
  /** Path of the file. */
  readonly file: string;
  readonly #read: () => Configuration;
  readonly #listeners = new Set<(change: ConfigurationChange) => void>();
  #current: Configuration;
  #reload: ReloadState;

  /** @param read reads everything anew. @throws {ConfigurationError} of the first reading. */
  constructor(file: string, read: () => Configuration, now: Date) {
    this.file = file;
    this.#read = read;
    this.#current = read();
    this.#reload = { kind: 'ok', at: now };
  }

  get current(): Configuration {
    return this.#current;
  }

  get lastReload(): ReloadState {
    return this.#reload;
  }

  link(name: string): LinkConfiguration | undefined {
    return this.#current.links.find((link) => link.name === name);
  }

  /** Paths of the hooks at which a registry is to tell of its changes; where there is one, a change that it does not tell of is news. */
  hooksOf({ origin }: RegistryConfiguration): readonly string[] {
    const { incoming } = this.#current.notifications;
    return incoming.filter(({ registry }) => registry.origin === origin).map(({ path }) => path);
  }

  onChange(listener: (change: ConfigurationChange) => void): void {
    this.#listeners.add(listener);
  }

  /** Reads the file again; a bad one changes nothing and is remembered. */
  reload(now: Date): ReloadState {
    try {
      const read = this.#read();
      const before = this.#current;
      const after = {
        ...withKnownRegistries(before, read),
        database: before.database,
        server: before.server,
      };
      const ignored = (['database', 'server', 'log'] as const).filter(
        (section) => !isSame(before[section], read[section]),
      );
      this.#current = { ...after, log: before.log };
      this.#reload = { kind: 'ok', at: now };
      for (const listener of this.#listeners) listener({ before, after: this.#current, ignored });
    } catch (error) {
      // A file that went away is as bad as one that cannot be understood.
      const message =
        error instanceof ConfigurationError || error instanceof Error ? error.message : String(error);
      this.#reload = { kind: 'refused', at: now, message };
    }
    return this.#reload;
  }
}

/** A text that changes when a file is written, replaced or pointed elsewhere; `undefined` while it is not there. */
export async function fileVersion(path: string): Promise<string | undefined> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs}-${size}-${ino}`;
  } catch {
    return undefined;
  }
}

/** Registries that did not change stay the same objects, and so keep their connections and limits. */
function withKnownRegistries(before: Configuration, read: Configuration): Configuration {
  const registries = new Map(
    [...read.registries].map(([name, registry]) => {
      const known = before.registries.get(name);
      return [name, known !== undefined && isSame(known, registry) ? known : registry];
    }),
  );
  const known = (registry: RegistryConfiguration): RegistryConfiguration =>
    registries.get(registry.name) ?? registry;
  const links = read.links.map((link) => ({
    ...link,
    primary: known(link.primary),
    secondaries: link.secondaries.map(known),
  }));
  return { ...read, registries, links };
}

/** Secrets are compared by their value, which a deep comparison does not see. */
function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(comparable(one), comparable(other));
}

function comparable(value: unknown): unknown {
  if (value instanceof Secret) return ['secret', value.reveal()];
  if (value instanceof URL) return value.href;
  if (value instanceof Map) return comparable(Object.fromEntries(value as Map<string, unknown>));
  if (Array.isArray(value)) return (value as unknown[]).map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, comparable(member)]));
}
