import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { findConfigurationFile } from './find-configuration-file.ts';

describe('findConfigurationFile', () => {
  const before = process.cwd();
  let directory: string;
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'find-configuration-')));
    process.chdir(directory);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(directory, { recursive: true });
  });

  it('takes the option, else the variable, else the file in the working directory', () => {
    for (const file of ['option.yaml', 'variable.yaml', 'geo-reconciler.yaml']) writeFileSync(file, '');
    const environment = { GEO_RECONCILER_CONFIG: 'variable.yaml' };
    expect(findConfigurationFile('option.yaml', environment)).toBe('option.yaml');
    expect(findConfigurationFile(undefined, environment)).toBe('variable.yaml');
    expect(findConfigurationFile(undefined, { GEO_RECONCILER_CONFIG: '' })).toBe('geo-reconciler.yaml');
    expect(findConfigurationFile(undefined, {})).toBe('geo-reconciler.yaml');
  });

  it('does not fall back from a file that is named and missing', () => {
    writeFileSync('geo-reconciler.yaml', '');
    expect(() => findConfigurationFile('absent.yaml', {})).toThrow('--config: there is no file absent.yaml');
    expect(() => findConfigurationFile(undefined, { GEO_RECONCILER_CONFIG: 'absent.yaml' })).toThrow(
      '$GEO_RECONCILER_CONFIG: there is no file absent.yaml',
    );
  });

  it('names everything that was tried', () => {
    expect(() => findConfigurationFile(undefined, {})).toThrow(
      `--config: no configuration: --config and $GEO_RECONCILER_CONFIG are not set, and there is no ${join(directory, 'geo-reconciler.yaml')}`,
    );
  });

  it('refuses a directory', () => {
    expect(() => findConfigurationFile(directory, {})).toThrow('is a directory');
  });
});
