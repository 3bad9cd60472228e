import { describe } from '@jest/globals';
import { fakeProfile } from '../fakes/fake-profiles.ts';
import { FakeRegistry } from '../fakes/fake-registry.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { type RegistryOptions } from '../registries/registry-provider.ts';
import { describeEqualAnswers, describeRegistryContract } from './describe-registry-contract.ts';
import { expectations } from './expectations.ts';
import { noDeleteChapter } from './steps/delete-steps.ts';
import { readOnlyChapter } from './steps/read-only-steps.ts';

/** Each flavour of which a real program may be had, and the profile of the fake that stands for it elsewhere. */
const flavours = [
  { flavour: 'distribution2', profile: 'distribution-2.8' },
  { flavour: 'distribution3', profile: 'distribution-3.1' },
] as const;

const registries = await Promise.all(
  flavours.map(async ({ flavour, profile }) => ({ profile, real: await registryForTests(flavour) })),
);

for (const { profile, real } of registries) {
  const describeIfAvailable = real.isAvailable ? describe : describe.skip;
  const start = (options: RegistryOptions) => () => real.provider.start(options);
  describeIfAvailable(real.titleOf(`a real registry, ${profile}`), () => {
    describeRegistryContract(profile, start({}), expectations[profile]);
    describeRegistryContract(
      `${profile} without deletes`,
      start({ deletes: 'disabled' }),
      expectations[profile],
      [noDeleteChapter],
    );
    describeRegistryContract(
      `${profile} in maintenance`,
      start({ access: 'readOnly' }),
      expectations[profile],
      [readOnlyChapter],
    );
    describeEqualAnswers('the fake', start({}), () => FakeRegistry.start({ profile }));
    describeEqualAnswers(
      'the fake without deletes',
      start({ deletes: 'disabled' }),
      () => FakeRegistry.start({ profile: `${profile}-nodelete` }),
      [noDeleteChapter],
    );
    describeEqualAnswers(
      'the fake in maintenance',
      start({ access: 'readOnly' }),
      () => FakeRegistry.start({ profile: { ...fakeProfile(profile), access: 'maintenance' } }),
      [readOnlyChapter],
    );
  });
}
