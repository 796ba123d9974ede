/** `$${` stands for `${`; `${NAME}` and `${NAME:-default}` for a variable; any other `${` is a slip. */
const PATTERN = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

export interface Resolved {
  text: string;
  /** The variables that it read; empty when the text holds none. */
  names: string[];
  /** Variables that are not set and have no default. */
  missing: string[];
  /** It has a `${` that begins no variable. */
  malformed: boolean;
}

/**
 * Fills `${NAME}` and `${NAME:-default}` in from the environment. As in a shell, `:-` also stands in for a variable that
 * is set to nothing; without it a variable set to nothing gives nothing.
 */
export function resolveEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): Resolved {
  const out: Resolved = { text, names: [], missing: [], malformed: false };
  if (!text.includes('${')) return out;
  out.text = text.replace(PATTERN, (whole: string, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$${') return '${';
    if (name === undefined) {
      out.malformed = true;
      return whole;
    }
    out.names.push(name);
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) out.missing.push(name);
    return value ?? '';
  });
  return out;
}
