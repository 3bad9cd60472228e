import { describe, expect, it } from '@jest/globals';

import { runCommandLine } from './command-line.ts';
import { startWebServer } from './stub-servers.ts';

/** Prints, at the end, the packages of which a module was loaded. */
const RECORDER = `
import { registerHooks } from 'node:module';
const names = new Set();
registerHooks({
  load: (url, context, next) => {
    const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
    if (name !== undefined) names.add(name);
    return next(url, context);
  },
});
process.on('exit', () => console.error('loaded: ' + [...names].join(' ')));
`;

/** The packages that one command loads. */
async function packagesOf(args: readonly string[]): Promise<string[]> {
  const recorder = `data:text/javascript,${encodeURIComponent(RECORDER)}`;
  const { stderr } = await runCommandLine(args, { environment: { NODE_OPTIONS: `--import=${recorder}` } });
  const line = stderr.split('\n').find((text) => text.startsWith('loaded: '));
  return line?.replace('loaded: ', '').split(' ') ?? [];
}

describe('the start of a command', () => {
  it('loads the parser of the command line, and colours, for --help', async () => {
    await expect(packagesOf(['--help'])).resolves.toEqual(['commander', 'picocolors']);
  });

  it('loads no database, no framework and no tracing for an ad-hoc run', async () => {
    const [primary, secondary] = await Promise.all([startWebServer(), startWebServer()]);

    const packages = await packagesOf(['sync', '--primary', primary.url, '--secondary', secondary.url]);
    await Promise.all([primary.stop(), secondary.stop()]);

    expect(packages).toContain('axios');
    expect(packages.filter((name) => /^(?:typeorm|pg|@nestjs\/.*|@opentelemetry\/.*)$/.test(name))).toEqual(
      [],
    );
  });
});
