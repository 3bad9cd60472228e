import { Module } from '@nestjs/common';
import { NoRouteController } from './no-route.controller.ts';

/** Comes last of all modules that have controllers. */
@Module({ controllers: [NoRouteController] })
export class NoRouteModule {}
