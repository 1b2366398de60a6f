declare const visibleBrand: unique symbol;

/** Text without characters that a terminal would interpret. */
export type Visible = string & {readonly [visibleBrand]: true};

/**
 * C0 but tab and newline, DEL, C1, bidi controls, zero-width characters, line separators, interlinear marks, tags.
 * Per character, so a sequence cut by a chunk boundary cannot slip through.
 * @see CVE-2021-25743 (kubectl), CVE-2024-52005 (git), oss-security 2021/q4/78 (Bidi_Control)
 */
const controlCharacters =
	/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

/** Escapes control characters in text from outside: `^[`, `<U+202E>`. */
export function visible(text: string): Visible {
	return text.replace(/\r\n/g, '\n').replace(controlCharacters, shown) as Visible;
}

/** The same on one line. */
export function visibleLine(text: string): Visible {
	return visible(text).replace(/\n/g, '⏎').replace(/\t/g, ' ') as Visible;
}

function shown(character: string): string {
	const code = character.codePointAt(0)!;
	if (code < 0x20) {
		return `^${String.fromCharCode(code + 0x40)}`;
	}

	return code === 0x7f ? '^?' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** JSON without raw control characters: those that JSON.stringify does not escape (DEL, C1, bidi) are escaped as well. */
export function visibleJson(value: unknown, indent?: string): string {
	return JSON.stringify(value, null, indent).replace(controlCharacters, character =>
		Array.from(
			{length: character.length},
			(_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
		).join(''),
	);
}

/**
 * What stands before every further line that a text itself has: no text from outside can begin a line that looks like one of
 * regmedic's own.
 */
export const quoteMark = '| ';
