import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { ExecutionContext } from '@nestjs/common';

/** Which parts of a request a handler takes notice of. */
export interface Takes {
  readonly body: boolean;
  readonly query: boolean;
}

/** Read off the decorators of its parameters, where Nest keeps them: by kind and position, like `3:0`. */
export function takesOf(context: ExecutionContext): Takes {
  const parameters: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  const kinds = new Set(Object.keys(parameters ?? {}).map((key) => Number(key.split(':')[0])));
  return { body: kinds.has(RouteParamtypes.BODY), query: kinds.has(RouteParamtypes.QUERY) };
}
