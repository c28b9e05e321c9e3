/** Labels, as Kubernetes and Istio take them. */
import { z } from 'zod';
import { say } from './fields.ts';

const labelPattern = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?';
const namePattern = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const keyForm = new RegExp(`^(?:(${labelPattern}(?:\\.${labelPattern})*)/)?(${namePattern})$`);
const valueForm = new RegExp(`^(?:${namePattern})?$`);

/** Labels by which endpoints are chosen. */
export const labels = z.record(z.string(), z.string()).superRefine((written, ctx) => {
  for (const [key, value] of Object.entries(written)) {
    const [, prefix = '', name] = keyForm.exec(key) ?? [];
    if (name === undefined || prefix.length > 253 || name.length > 63) {
      say(ctx, [key], `${JSON.stringify(key)} is not a label's key`);
    } else if (!valueForm.test(value)) {
      say(ctx, [key], `${JSON.stringify(value)} is not a label's value`);
    }
  }
});

/** A selector of workloads: the labels that all of them have. */
export const selectorLabels = z.record(z.string(), z.string().max(63)).superRefine((written, ctx) => {
  for (const [key, value] of Object.entries(written)) {
    if (key === '') say(ctx, [key], 'a key must not be empty');
    if (`${key}${value}`.includes('*')) say(ctx, [key], 'no wildcards in a selector');
  }
});
