import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** A text of the repository. */
export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

const Name = z.string().regex(/^[a-z][a-z0-9_-]*$/);
const Duration = z.string().regex(/^\d+(ms|s|m|h)$/);
/** An address of this machine only, the port there and the port inside. */
const Port = z.string().regex(/^127\.0\.0\.1:\d+:\d+$/);
/** A named volume or a path of the repository, and where it is mounted. */
const Mount = z.string().regex(/^(\.\/[^:]+|[a-z]+):\/[^:]+(:ro)?$/);

/** What the compose specification allows, as far as it is used here: anything else is a slip, or to be added with thought. */
const Service = z.strictObject({
  /** Name, a tag that names a release, and no more. */
  image: z
    .string()
    .regex(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9-]+)?$/)
    .optional(),
  build: z.literal('.').optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(Port).optional(),
  volumes: z.array(Mount).optional(),
  tmpfs: z.array(z.string().startsWith('/')).optional(),
  configs: z.array(z.strictObject({ source: Name, target: z.string().startsWith('/') })).optional(),
  secrets: z.array(Name).optional(),
  read_only: z.literal(true).optional(),
  cap_drop: z.tuple([z.literal('ALL')]).optional(),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]).optional(),
  restart: z.literal('on-failure').optional(),
  stop_grace_period: Duration.optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()).min(2),
      interval: Duration,
      timeout: Duration,
      retries: z.int().positive(),
    })
    .optional(),
  depends_on: z.record(Name, z.strictObject({ condition: z.literal('service_healthy') })).optional(),
});

const FromFile = z.record(Name, z.strictObject({ file: z.string() }));

const Compose = z.strictObject({
  services: z.record(Name, Service),
  configs: FromFile,
  secrets: FromFile,
  volumes: z.record(Name, z.null()),
});

/** `docker-compose.yml`, in the form that it may have. @throws {z.ZodError} */
export function readCompose(): z.infer<typeof Compose> {
  return Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
}

/** A configuration with the files of the compose file's secrets in the places where the containers have them. */
export function withSecrets(text: string): string {
  return Object.entries(readCompose().secrets).reduce(
    (result, [name, { file }]) => result.replaceAll(`/run/secrets/${name}`, path.join(ROOT, file)),
    text,
  );
}
