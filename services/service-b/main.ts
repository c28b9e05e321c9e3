import { runService } from '../kit/lifecycle.ts';
import { createServiceB } from './app.ts';
import { readConfig } from './config.ts';

runService('service-b', readConfig, createServiceB);
