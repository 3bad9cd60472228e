import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { dockerEnvironmentOf } from './docker-environment.ts';

describe('dockerEnvironmentOf', () => {
  const variables = {
    HOME: '/home/ops',
    DOCKER_CONFIG: '',
    REGISTRY_AUTH_FILE: '/auth.json',
    TOKEN: 'canary-77',
  };

  it('takes an empty variable for one that is not set', () => {
    expect(dockerEnvironmentOf(variables)).toMatchObject({
      home: '/home/ops',
      dockerConfig: undefined,
      registryAuthFile: '/auth.json',
      xdgRuntimeDir: undefined,
    });
  });

  it('hands every variable to credential helpers and prints none of them', () => {
    const environment = dockerEnvironmentOf(variables);
    expect(environment.helperVariables).toEqual(variables);
    expect(
      JSON.stringify(environment) + inspect(environment, { showHidden: true, getters: false }),
    ).not.toContain('canary');
  });
});
