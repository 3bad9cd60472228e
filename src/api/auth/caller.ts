import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ApiError } from '../problem/api-error.ts';
import type { Role } from './role.ts';

/** Who sent a request. */
export interface Caller {
  /** Name of the token, or `loopback` where none is configured. */
  readonly name: string;
  readonly role: Role;
}

const CALLERS = new WeakMap<Request, Caller>();

export function rememberCaller(request: Request, caller: Caller): void {
  CALLERS.set(request, caller);
}

/** The caller of this request, as a parameter of a handler; only where a role is required. */
export const CalledBy = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = CALLERS.get(context.switchToHttp().getRequest<Request>());
  if (caller === undefined) throw new ApiError('INTERNAL', 'nobody was authenticated');
  return caller;
});
