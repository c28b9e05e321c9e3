/** LoadBalancerSettings: which endpoint serves. */
import { z } from 'zod';
import { durationOrZero, milliseconds } from './duration.ts';
import { choice, noted, say, text, whole } from './fields.ts';
import type { HashBy, LoadBalancer } from './model.ts';
import { shape } from './shape.ts';
import { controlComplaint, headerText, isHeaderText } from './wire-text.ts';

const algorithms = [
  'UNSPECIFIED',
  'LEAST_CONN',
  'RANDOM',
  'PASSTHROUGH',
  'ROUND_ROBIN',
  'LEAST_REQUEST',
] as const;
const runAlgorithms = ['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'ROUND_ROBIN', 'LEAST_REQUEST'] as const;
/** Envoy's; larger rings Envoy refuses. */
const largestRing = 8_388_608;

const size = whole(0, largestRing).optional();
const hashKeys = ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'] as const;
const name = text((value) => {
  if (value === '') return 'must not be empty';
  return isHeaderText(value) ? undefined : controlComplaint;
});

const hashFields = {
  httpHeaderName: z.string().optional(),
  httpCookie: shape('HTTPCookie', {
    name,
    path: headerText.optional(),
    ttl: durationOrZero.optional(),
  }).optional(),
  useSourceIp: z.boolean().optional(),
  httpQueryParameterName: z.string().optional(),
  minimumRingSize: noted('deprecated: ringHash.minimumRingSize', size),
  ringHash: shape('RingHash', { minimumRingSize: size }).optional(),
};

const consistentHash = shape('ConsistentHashLB', hashFields).superRefine((written, ctx) => {
  const keys = hashKeys.filter((key) => written[key] !== undefined);
  if (keys.length > 1) say(ctx, [], `only one of ${keys.join(', ')} may be written`);
  if (keys.length === 0 && !('maglev' in written)) {
    // Istio takes it, and Envoy then picks at random: surely not what was meant.
    say(ctx, [], `nothing to hash; needs one of ${hashKeys.join(', ')}`);
  }
  if (written.minimumRingSize && written.ringHash)
    say(ctx, ['minimumRingSize'], 'not together with ringHash');
});

const fields = {
  simple: choice(algorithms, runAlgorithms).optional(),
  consistentHash: consistentHash.optional(),
};

export const loadBalancer = shape('LoadBalancerSettings', fields).superRefine((written, ctx) => {
  if (written.simple && written.consistentHash) say(ctx, ['consistentHash'], 'not together with simple');
});

export function toLoadBalancer(written: z.infer<z.ZodObject<typeof fields>>): LoadBalancer {
  const hash = written.consistentHash;
  if (hash) {
    return {
      type: 'consistentHash',
      by: toHashBy(hash),
      minimumRingSize: hash.ringHash?.minimumRingSize || hash.minimumRingSize || 1024,
    };
  }
  return {
    type: written.simple === 'ROUND_ROBIN' || written.simple === 'RANDOM' ? written.simple : 'LEAST_REQUEST',
  };
}

function toHashBy(hash: z.infer<z.ZodObject<typeof hashFields>>): HashBy {
  const { httpHeaderName, httpCookie, httpQueryParameterName } = hash;
  if (httpHeaderName !== undefined) return { type: 'header', name: httpHeaderName.toLowerCase() };
  if (httpQueryParameterName !== undefined) return { type: 'query', name: httpQueryParameterName };
  if (httpCookie) {
    const { name, path = '', ttl } = httpCookie;
    return { type: 'cookie', name, path, ttlMs: milliseconds(ttl) ?? 0 };
  }
  return { type: 'sourceIp' };
}
