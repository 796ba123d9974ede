/** JSON pointers (RFC 6901) over plain values. */

/** What is wrong with a value, and where: of a frame, of a profile, of a device, and of a file (`Finding`). */
export interface Fault {
  /** Into the value; what is missing is named as if it were there. */
  pointer: string;
  /** In the reader's words; never the value of a secret. */
  message: string;
}

export const pointerOf = (...steps: readonly (string | number)[]): string =>
  steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

export const stepsOf = (pointer: string): string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** @returns the member of a map or a list; undefined when there is none. */
export function member(value: unknown, name: string | number): unknown {
  if (Array.isArray(value)) return value[Number(name)];
  if (isMap(value) && Object.hasOwn(value, name)) return value[name];
  return undefined;
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function valueAt(root: unknown, pointer: string): unknown {
  return stepsOf(pointer).reduce<unknown>(member, root);
}

/** The list at a name, or an empty one: for checks that go on over what is half right. */
export const listAt = (value: unknown, name: string): readonly unknown[] => {
  const found = member(value, name);
  return Array.isArray(found) ? found : [];
};

/** The text at a name, or undefined. */
export const textAt = (value: unknown, name: string): string | undefined => {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
};
