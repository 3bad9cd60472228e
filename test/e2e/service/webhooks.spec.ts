import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { WebhookReceiver } from '../../integration/notifications/webhook-receiver.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService } from './running-service.ts';

const registry = await registryForTests();

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('outgoing webhooks'), () => {
  let primary: RunningRegistry;
  let secondary: RunningRegistry;
  let receiver: WebhookReceiver;
  let directory: WorkDirectory;
  let service: RunningService;

  beforeAll(async () => {
    [primary, secondary, receiver, directory] = await Promise.all([
      registry.provider.start(),
      registry.provider.start(),
      WebhookReceiver.start(),
      WorkDirectory.create(),
    ]);
    await pushContent(primary, 'team/app', ociImage('told'), { tag: 'v1' });
    await secondary.kill();
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries: { eu: { url: "${primary.url}" }, us: { url: "${secondary.url}" } }
links: [{ name: eu-to-us, primary: eu, secondaries: [us], schedule: "*/10 * * * * *" }]
notifications: { outgoing: [{ name: chat, url: { env: CHAT }, secret: { env: KEY }, allowPrivateAddresses: true }] }
server: { port: 0 }
`,
    );
    service = RunningService.start('service', file, {
      environment: { CHAT: `http://127.0.0.1:${receiver.port}/told`, KEY: 'key' },
      workingDirectory: directory.path,
    });
  }, 90_000);

  afterAll(async () => {
    await service.stop();
    await Promise.all([primary.stop(), secondary.stop(), receiver.stop(), directory.remove()]);
  }, 60_000);

  it('tell that a secondary is out of reach and that it is back, and nothing in between', async () => {
    await service.url();
    await receiver.received(1);
    await service.line(({ msg }) => msg === 'a cycle ended', { after: service.lines.length });
    await secondary.restart();
    await receiver.received(2);

    const told = receiver.messages.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(told).toMatchObject([
      { event: 'failed', link: 'eu-to-us', secondary: 'us', failure: 'NETWORK' },
      { event: 'recovered', from: 'failed', to: 'ok', failure: null, failedRepositories: 0 },
    ]);
  }, 90_000);
});
