/** The thread of adapter-thread.ts: loads one package and answers what its adapter is asked. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Adapter } from '../../adapter-sdk/adapter.js';
import { type AdapterDefinition, problemOfDefinition } from '../../adapter-sdk/define-adapter.js';
import { wordsOf } from '../../kit/errors.js';
import type { AdapterFacts, HostData, Loaded, Question, Reply } from './adapter-thread.js';

const { entry, port, wake } = workerData as HostData;

function answer(adapter: Adapter, { member, args }: Question): unknown {
  const asked = (adapter as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[member];
  return asked?.apply(adapter, [...args]);
}

async function reply(adapter: Adapter, question: Question): Promise<void> {
  const { id } = question;
  try {
    port.postMessage({ id, answer: await answer(adapter, question) } satisfies Reply);
  } catch (error) {
    port.postMessage({ id, fault: wordsOf(error) } satisfies Reply);
  }
  Atomics.add(wake, 0, 1);
  Atomics.notify(wake, 0);
}

/** The names of its methods, those of its class included. */
function membersOf(adapter: object): string[] {
  const names = new Set<string>();
  for (let at = adapter; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (typeof Object(adapter)[name] === 'function') names.add(name);
  }
  return [...names];
}

async function load(): Promise<Loaded> {
  const exported: { default?: unknown } = await import(pathToFileURL(entry).href);
  const fault = problemOfDefinition(exported.default);
  if (fault !== undefined) return { fault };
  const { kind, schema, adapter: loadAdapter } = exported.default as AdapterDefinition;
  const adapter = await loadAdapter();
  port.on('message', (question: Question) => void reply(adapter, question));
  const facts: AdapterFacts = {
    kind,
    schema: schema instanceof URL ? JSON.parse(readFileSync(schema, 'utf8')) : schema,
    members: membersOf(adapter),
    tellsPlayhead: adapter.tellsPlayhead === true,
  };
  return { facts };
}

parentPort?.postMessage(await load());
