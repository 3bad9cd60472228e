import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { PROGRAM } from './command-line.ts';

describe('a reader that goes away', () => {
  it('changes neither the exit code of a command nor what it complains of', async () => {
    const child = spawn(PROGRAM, ['config', 'schema'], { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const complaints: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    const [exitCode] = await once(child, 'close');

    expect(Buffer.concat(complaints).toString('utf8')).toBe('');
    expect(exitCode).toBe(0);
  });
});
