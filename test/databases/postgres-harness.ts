import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/state/embedded/embedded-postgres.ts';

/** The release that the embedded binaries are of, so that both ways test the same. */
const IMAGE = 'postgres:18-alpine';

/** A PostgreSQL for specs: from Docker where there is an engine, else from the embedded binaries. */
export interface PostgresHarness {
  readonly kind: 'docker' | 'embedded';
  /** The URL of a database that nobody has used yet. */
  freshDatabase(): Promise<string>;
  /** The URL of a superuser on the server's own database. */
  readonly adminUrl: string;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresHarness> {
  return (await startInDocker()) ?? (await startEmbedded());
}

async function startInDocker(): Promise<PostgresHarness | undefined> {
  // Imported here only: it takes half a second, and does not load under every Node.
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    await getContainerRuntimeClient();
  } catch {
    return undefined;
  }
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(IMAGE).start();
  return harness('docker', container.getConnectionUri(), async () => {
    await container.stop();
  });
}

async function startEmbedded(): Promise<PostgresHarness> {
  const directory = await traversableDirectory();
  const postgres = await startEmbeddedPostgres({ directory, log: () => undefined });
  return harness('embedded', postgres.url.reveal(), async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });
}

/** A temporary directory that PostgreSQL can get to where it does not run as this user: `mkdtemp` closes it to others. */
export async function traversableDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'geo-reconciler-postgres-'));
  await chmod(directory, 0o755);
  return directory;
}

function harness(
  kind: PostgresHarness['kind'],
  adminUrl: string,
  stop: () => Promise<void>,
): PostgresHarness {
  const freshDatabase = async (): Promise<string> => {
    const name = `spec_${randomUUID().replaceAll('-', '')}`;
    await runStatement(adminUrl, `CREATE DATABASE ${name}`);
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    return url.href;
  };
  return { kind, adminUrl, freshDatabase, stop };
}

/** Runs one statement on a connection of its own and returns its rows. */
export async function runStatement(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
