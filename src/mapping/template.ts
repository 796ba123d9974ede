import { type Context, compilePlaceholder, NO_VALUE, parseText } from './placeholders.js';

/** Fills the placeholders of a value in; NO_VALUE as soon as one of them has none. Never changes the context. */
export type Template = (context: Context) => unknown;

/**
 * Prepares a value: what holds no placeholder is copied and frozen once, and then handed out as it is. A text that is
 * exactly one placeholder takes its value with the type; in a longer text only texts and numbers can stand.
 */
export function compileTemplate(value: unknown): Template {
  const compiled = compile(value);
  return typeof compiled === 'function' ? compiled : () => compiled.constant;
}

type Compiled = Template | { constant: unknown };

function compile(value: unknown): Compiled {
  if (typeof value === 'string') return compileText(value);
  if (Array.isArray(value)) return compileList(value.map(compile));
  if (typeof value === 'object' && value !== null) {
    return compileMap(Object.entries(value).map(([name, inner]) => [name, compile(inner)]));
  }
  return { constant: value };
}

function compileText(text: string): Compiled {
  const parts = parseText(text).map((part) => (typeof part === 'string' ? part : compilePlaceholder(part)));
  const [first = ''] = parts;
  if (parts.length <= 1) return typeof first === 'string' ? { constant: first } : first;
  return (context) => {
    let out = '';
    for (const part of parts) {
      const piece = typeof part === 'string' ? part : part(context);
      if (typeof piece !== 'string' && typeof piece !== 'number') return NO_VALUE;
      out += piece;
    }
    return out;
  };
}

function compileList(items: readonly Compiled[]): Compiled {
  if (items.every(isConstant)) return { constant: Object.freeze(items.map(({ constant }) => constant)) };
  const templates = items.map(asTemplate);
  return (context) => {
    const out: unknown[] = [];
    for (const template of templates) {
      const value = template(context);
      if (value === NO_VALUE) return NO_VALUE;
      out.push(value);
    }
    return out;
  };
}

function compileMap(members: readonly [string, Compiled][]): Compiled {
  if (members.every(([, inner]) => isConstant(inner))) {
    return { constant: Object.freeze(Object.fromEntries(members.map(([name, inner]) => [name, constantOf(inner)]))) };
  }
  const templates = members.map(([name, inner]) => [name, asTemplate(inner)] as const);
  return (context) => {
    const out: Record<string, unknown> = {};
    for (const [name, template] of templates) {
      const value = template(context);
      if (value === NO_VALUE) return NO_VALUE;
      out[name] = value;
    }
    return out;
  };
}

const isConstant = (compiled: Compiled): compiled is { constant: unknown } => typeof compiled !== 'function';
const constantOf = (compiled: Compiled): unknown => (isConstant(compiled) ? compiled.constant : undefined);
const asTemplate = (compiled: Compiled): Template => (isConstant(compiled) ? () => compiled.constant : compiled);
