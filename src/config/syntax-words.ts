import type { YAMLError } from 'yaml';

/** What the YAML parser found, in words that name the mend. Never quotes the file: a secret may stand there. */
export function syntaxWords({ code, message }: Pick<YAMLError, 'code' | 'message'>): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab cannot indent in YAML; use spaces';
    case 'DUPLICATE_KEY':
      return 'this name stands here twice';
    case 'BAD_INDENT':
      return message.includes('end with a')
        ? `an opening ${message.includes(']') ? '[' : '{'} is not closed before this line, or this line is not indented enough`
        : 'this line is not indented as its neighbours are';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a second ": " on this line, or the next line is indented too far; put text with a colon in quotes';
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a name must stand on one line with its colon; the next line may be indented too far';
    case 'MISSING_CHAR':
      if (message.includes('quote')) return 'a quote is opened and not closed';
      if (message.includes('Flow')) return `an opening ${message.includes(']') ? '[' : '{'} is not closed`;
      if (message.includes('map values')) return 'a name without its colon, or text that is not indented enough';
      return 'a character is missing here (a colon, a comma or a space)';
    case 'BAD_SCALAR_START':
      return 'text that begins with this character must stand in quotes';
    case 'BAD_DQ_ESCAPE':
      return 'an unknown \\ escape in double quotes; write \\\\ for a backslash, or use single quotes';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; the file may hold only one (no --- between)';
    case 'NON_STRING_KEY':
      return 'a name must be text';
    case 'KEY_OVER_1024_CHARS':
      return 'a name is longer than 1024 characters, or its colon is missing';
    case 'RESOURCE_EXHAUSTION':
      return 'nested too deeply';
    case 'TAG_RESOLVE_FAILED':
      return 'tags (!name) have no meaning here; remove it';
    case 'BAD_ALIAS':
    case 'ALIAS_PROPS':
      return 'a * at the start of text means an alias in YAML; put the text in quotes';
    case 'UNEXPECTED_TOKEN':
      return 'this does not belong here: is the indentation right, is text with { } [ ] , or quotes itself in quotes?';
    case 'BLOCK_IN_FLOW':
      return 'lines with - or : of their own cannot stand inside { } or [ ]';
    case 'BAD_DIRECTIVE':
      return 'a line that begins with % is no text; put it in quotes or remove it';
    default:
      return 'this is no YAML; look at the indentation and the quotes';
  }
}
