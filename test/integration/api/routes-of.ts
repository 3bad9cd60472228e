import { RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ROUTE_ACCESS, type RouteAccess } from '../../../src/api/auth/route-access.ts';
import { SELF_AUTHENTICATING } from '../../../src/api/auth/self-authenticating.ts';

/** A route as its decorators say it. */
export interface Route {
  readonly handler: string;
  readonly method: string;
  /** As OpenAPI writes it. */
  readonly template: string;
  /** With something in the place of every parameter. */
  readonly path: string;
  /** `undefined` where nobody said who may use it. */
  readonly access: RouteAccess | { readonly kind: 'its-own' } | undefined;
}

/** What stands in a path; a route with another parameter has to say here what does. */
const EXAMPLES: Readonly<Record<string, string>> = {
  link: 'eu-to-us',
  id: '0b5f6d2c-6d0e-4d65-9f0b-0d6f6f3a5d11',
  name: 'eu',
  file: 'start.js',
  repository: 'team%2Fapp',
  planHash: 'sha256:0000000000000000000000000000000000000000000000000000000000000000',
  hook: 'eu',
};

type Handler = (...parameters: never[]) => unknown;

/** Every route of an application: of the classes that Nest has, and not of a list that somebody keeps. */
export function routesOf(app: NestExpressApplication): readonly Route[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Type),
  );
  const own = app.get<readonly Type[]>(SELF_AUTHENTICATING, { strict: false });
  return controllers.flatMap((controller) => routesOfController(controller, own));
}

function routesOfController(controller: Type, own: readonly Type[]): readonly Route[] {
  const prototype = controller.prototype as Record<string, Handler>;
  const methods = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return methods.flatMap((name) => {
    const handler = prototype[name];
    const method: unknown = handler === undefined ? undefined : Reflect.getMetadata('method', handler);
    if (handler === undefined || typeof method !== 'number') return [];
    const access: unknown =
      Reflect.getMetadata(ROUTE_ACCESS, handler) ?? Reflect.getMetadata(ROUTE_ACCESS, controller);
    const template = joined(pathOf(controller), pathOf(handler));
    return [
      {
        handler: `${controller.name}.${name}`,
        method: RequestMethod[method]!,
        template: template.replace(/:(\w+)/g, '{$1}'),
        path: filled(template),
        access: own.includes(controller) ? { kind: 'its-own' } : (access as RouteAccess | undefined),
      },
    ];
  });
}

function pathOf(decorated: object): string | undefined {
  return Reflect.getMetadata('path', decorated) as string | undefined;
}

function joined(...parts: readonly (string | undefined)[]): string {
  return `/${parts
    .map((part) => (part ?? '').replace(/^\/|\/$/g, ''))
    .filter((part) => part !== '')
    .join('/')}`;
}

function filled(template: string): string {
  return template.replace(/\{\*\w+\}/g, 'nowhere').replace(/:(\w+)/g, (_, name: string) => {
    const example = EXAMPLES[name];
    if (example === undefined) throw new Error(`say in EXAMPLES what stands for :${name}`);
    return example;
  });
}
