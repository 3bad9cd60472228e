import type { RegistryConfiguration } from '../../config/configuration.ts';
import { AuthorizationRefused } from './authorization-refused.ts';
import { DockerCredentialError } from './docker-credential-error.ts';
import type { DockerCredential } from './docker-credential.ts';
import { lookUpDockerCredential } from './docker-credentials.ts';

/** What proves who we are to one registry. */
export type Credential = DockerCredential;

/** Finds the credential anew for each token: helpers hand out short-lived passwords (ECR 12 h, Artifact Registry 1 h). */
export type CredentialSource = () => Promise<Credential>;

export function credentialSourceOf({ credentials, url }: RegistryConfiguration): CredentialSource {
  switch (credentials.kind) {
    case 'anonymous':
      return () => Promise.resolve({ kind: 'none' });
    case 'basic':
      return () =>
        Promise.resolve({ kind: 'password', username: credentials.username, password: credentials.password });
    case 'docker':
      return async () => {
        try {
          return await lookUpDockerCredential(url.host, credentials.environment);
        } catch (error) {
          // A login that cannot be read is never taken for none.
          if (error instanceof DockerCredentialError)
            throw new AuthorizationRefused('UNAUTHORIZED', error.message);
          throw error;
        }
      };
  }
}
