import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../../src/state/embedded/embedded-postgres.ts';

/**
 * A process that holds the embedded database of a directory, for specs that kill it. Prints `ready`, or the code and the
 * message of the error and ends; after `write` as second argument also the number of each row, once it was committed.
 */
const [directory, task] = process.argv.slice(2);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function writeForEver(url: string): Promise<never> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS written (id integer PRIMARY KEY)');
  for (let id = 1; ; id++) {
    await client.query('INSERT INTO written VALUES ($1) ON CONFLICT DO NOTHING', [id]);
    print(String(id));
  }
}

try {
  const postgres = await startEmbeddedPostgres({
    directory: directory ?? '',
    log: (message) => print(`log ${message}`),
  });
  print('ready');
  if (task === 'write') await writeForEver(postgres.url.reveal());
  if (task === 'hold') setInterval(() => undefined, 60_000);
  if (task === 'stop') await postgres.stop();
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  print(`${code} ${error instanceof Error ? error.message : ''}`);
}
