/** `npm run dashboards`: writes the documents that Grafana imports, `grafana/dashboards/*.json`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards.ts';

const files = dashboardFiles();
await Promise.all(
  files.map(({ name, text }) => writeFile(join(import.meta.dirname, 'dashboards', name), text)),
);
process.stdout.write(`${files.map(({ name }) => `grafana/dashboards/${name}`).join('\n')}\n`);
