import { FakeRegistry } from '../fakes/fake-registry.ts';
import { type FakeProfileName } from '../fakes/fake-profile.ts';
import { describeRegistryContract } from './describe-registry-contract.ts';
import { expectations } from './expectations.ts';
import { noDeleteChapter } from './steps/delete-steps.ts';
import { readOnlyChapter } from './steps/read-only-steps.ts';

const start = (profile: FakeProfileName) => () => FakeRegistry.start({ profile });
const { 'distribution-2.8': distribution28, 'distribution-3.1': distribution31 } = expectations;

describeRegistryContract('the fake in profile distribution-2.8', start('distribution-2.8'), distribution28);
describeRegistryContract(
  'the fake in profile distribution-2.8-nodelete',
  start('distribution-2.8-nodelete'),
  distribution28,
  [noDeleteChapter],
);
describeRegistryContract(
  'the fake in profile distribution-2.8-readonly',
  start('distribution-2.8-readonly'),
  distribution28,
  [readOnlyChapter],
);
describeRegistryContract('the fake in profile distribution-3.1', start('distribution-3.1'), distribution31);
describeRegistryContract(
  'the fake in profile distribution-3.1-nodelete',
  start('distribution-3.1-nodelete'),
  distribution31,
  [noDeleteChapter],
);
