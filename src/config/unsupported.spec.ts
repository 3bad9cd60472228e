import { describe, expect, it } from '@jest/globals';

import { adHocConfiguration } from './ad-hoc-configuration.ts';
import { NOT_YET_SUPPORTED, refuseUnsupported, type UnsupportedFeature } from './unsupported.ts';

describe('refuseUnsupported', () => {
  const configuration = adHocConfiguration(
    {
      primary: 'http://localhost:1',
      secondary: ['http://localhost:2'],
      repository: [],
      tag: [],
      platform: ['linux/amd64'],
      deleteOrphans: false,
      deleteFallback: 'none',
    },
    {},
  );
  const platforms: UnsupportedFeature = {
    feature: 'choosing platforms',
    findIn: ({ links }) =>
      links.flatMap(({ policy }, index) =>
        policy.platforms.kind === 'all' ? [] : [['links', index, 'platforms']],
      ),
  };

  it('names every place that asks for something in the table', () => {
    expect(refuseUnsupported(configuration, [platforms])).toEqual([
      { path: ['links', 0, 'platforms'], message: 'choosing platforms is not supported by this version' },
    ]);
  });

  it('lets a configuration through that asks for nothing in the table', () => {
    expect(refuseUnsupported(configuration, [{ ...platforms, findIn: () => [] }])).toEqual([]);
  });

  it('has a table whose rows can all be looked for', () => {
    expect(NOT_YET_SUPPORTED.flatMap(({ findIn }) => findIn({ ...configuration, links: [] }))).toEqual([]);
  });
});
