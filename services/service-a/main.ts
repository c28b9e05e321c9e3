import { runService } from '../kit/lifecycle.ts';
import { createServiceA } from './app.ts';
import { readConfig } from './config.ts';

runService('service-a', readConfig, createServiceA);
