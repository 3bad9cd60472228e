import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '../../config/secret.ts';
import { withLogFields } from '../../jobs/log-fields.ts';
import { createLogger, type LogStream } from './create-logger.ts';

const STEP = { cycle: 'cycle-1', link: 'eu-to-us', secondary: 'us', repository: 'team/app', tag: 'v1' };

function stream(kind: 'terminal' | 'pipe'): { readonly to: LogStream; readonly text: () => string } {
  const to = Object.assign(new PassThrough(), { isTTY: kind === 'terminal' });
  return { to, text: () => String(to.read() ?? '') };
}

describe('the log of the service', () => {
  it('is a document of JSON per line where nobody looks, with the level as a word', () => {
    const { to, text } = stream('pipe');

    createLogger('info', to).warn(STEP, 'copy-tag failed');

    expect(JSON.parse(text())).toMatchObject({ level: 'warn', msg: 'copy-tag failed', ...STEP });
  });

  it('is a sentence per line on a terminal', () => {
    const { to, text } = stream('terminal');

    createLogger('info', to).info({ ...STEP, primaryDigest: 'sha256:00' }, 'copy-tag done');

    expect(text()).toMatch(
      /^\[\d\d:\d\d:\d\d\] INFO: copy-tag done: team\/app:v1 \(eu-to-us, us\) \{"cycle":"cycle-1"\}\n$/,
    );
  });

  it('has colours only where they are wanted', () => {
    const { to, text } = stream('terminal');

    createLogger('info', to, 'colored').info('one');
    expect(text()).toContain('\u001b[32m');
    createLogger('info', to, 'plain').info('two');
    expect(text()).not.toContain('\u001b');
  });

  it.each(['terminal', 'pipe'] as const)('gives a %s nothing to obey', (kind) => {
    const { to, text } = stream(kind);

    createLogger('info', to).info({ tag: 'a\u001b[2Jb\u009b2Jc\nd', cause: 'e\u001b[2J\u009bf' }, 'found');

    const line = text();
    expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
    expect(line).toContain('found');
  });

  it('leaves levels below its own out', () => {
    const { to, text } = stream('pipe');

    createLogger('warn', to).info('quiet');

    expect(text()).toBe('');
  });

  it('puts what the work in hand belongs to into every line, over waits and in nested work', async () => {
    const { to, text } = stream('pipe');
    const logger = createLogger('info', to);

    await withLogFields({ requestId: 'r-1' }, async () => {
      await Promise.resolve();
      withLogFields({ cycle: 'c-1' }, () => logger.info({ link: 'eu-to-us' }, 'inside'));
      logger.info('after');
    });
    logger.info('outside');

    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { requestId: 'r-1', cycle: 'c-1', link: 'eu-to-us', msg: 'inside' },
      { requestId: 'r-1', msg: 'after' },
      { msg: 'outside' },
    ]);
    expect(lines.map((line) => 'cycle' in line)).toEqual([true, false, false]);
    expect(lines.map((line) => 'requestId' in line)).toEqual([true, true, false]);
  });

  it('shows no secret, whatever it is in', () => {
    const { to, text } = stream('pipe');
    const secret = new Secret('correct horse');

    createLogger('info', to).info(
      { secret, nested: { deep: [secret] }, password: 'battery', of: { token: 'staple' } },
      'x',
    );

    expect(text()).not.toMatch(/horse|battery|staple/);
  });
});
