import { DataSource } from 'typeorm';
import { databaseOptions } from './src/state/database-options.ts';
import { findRunningEmbeddedPostgres } from './src/state/embedded/embedded-postgres.ts';

/** Where the service keeps its embedded database unless told otherwise. */
const DEFAULT_DIRECTORY = 'data';

/** `DATABASE_URL`, else the embedded database of a service that runs in this directory. */
async function databaseUrl(): Promise<string> {
  const configured = process.env.DATABASE_URL;
  if (configured) return configured;
  const running = await findRunningEmbeddedPostgres(DEFAULT_DIRECTORY);
  if (running) return running.url.reveal();
  throw new Error(
    `set DATABASE_URL, or start the service, whose embedded database in ./${DEFAULT_DIRECTORY} is then used`,
  );
}

/** The connection of TypeORM's command line: `npm run typeorm -- migration:show`. */
export default new DataSource(databaseOptions(await databaseUrl()));
