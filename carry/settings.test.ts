import { afterEach, describe, expect, it } from 'vitest';
import { addMissing, readSettings, settingsOf } from './settings.ts';

it('are read from the environment', () => {
  const env = { PROPAGATE_HEADERS: 'End-User', IN_MESH: '*.shop', OTHER: '1' };
  const { names, inMesh } = readSettings(settingsOf(env));
  expect(names).toContain('project-version');
  expect(names).toContain('end-user');
  expect(inMesh('api.shop')).toBe(true);
  expect(inMesh('api')).toBe(false);
});

describe('beside OpenTelemetry', () => {
  const key = Symbol.for('opentelemetry.js.api.1');
  afterEach(() => Reflect.deleteProperty(globalThis, key));

  function added(): string[] {
    const names: string[] = [];
    const headers = {
      'project-version': 'v1',
      baggage: 'a=1',
      traceparent: '00-1',
      'x-b3-traceid': '1',
      b3: '1',
    };
    addMissing(
      headers,
      () => false,
      (name) => names.push(name),
    );
    return names;
  }

  it('headers of traces are left to it, which writes them for the span of the call', () => {
    Object.assign(globalThis, { [key]: { propagation: {} } });
    expect(added()).toEqual(['project-version']);
  });

  it('that is only loaded, all are carried', () => {
    Object.assign(globalThis, { [key]: { version: '1.9.0' } });
    expect(added()).toHaveLength(5);
  });
});
