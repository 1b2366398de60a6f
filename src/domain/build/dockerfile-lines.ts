/** `word`: in capitals. `rest`: its arguments, without the lines of a heredoc. */
type Instruction = {word: string; rest: string; heredoc: boolean};

/**
 * The instructions of a Dockerfile: continued lines are one, comments and the lines of heredocs are left out.
 * @see docs.docker.com/reference/dockerfile, "Format", "Parser directives" (escape), "Here-Documents"
 */
export function instructionsOf(source: string): Instruction[] {
	const lines = source.replace(/^\uFEFF/, '').split(/\r?\n/);
	const continuation = escapeOf(lines);
	const found: Instruction[] = [];
	let text = '';

	for (let at = 0; at < lines.length; at++) {
		const line = lines[at]!.trim();
		// A comment or an empty line within a continued instruction does not end it.
		if (line.startsWith('#') || line === '') {
			continue;
		}

		const isContinued = line.endsWith(continuation);
		text += isContinued ? `${line.slice(0, -1)} ` : line;
		if (isContinued && at + 1 < lines.length) {
			continue;
		}

		const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text.trim()) ?? [];
		text = '';
		const upper = word.toUpperCase();
		const ends = ['RUN', 'COPY', 'ADD'].includes(upper) ? heredocsOf(rest) : [];
		for (const end of ends) {
			const last = lines.findIndex((each, n) => n > at && each.replace(/^\t+/, '') === end);
			at = last === -1 ? lines.length : last;
		}

		found.push({word: upper, rest, heredoc: ends.length > 0});
	}

	return found;
}

function escapeOf(lines: readonly string[]): string {
	for (const line of lines) {
		const [, name, value] = /^#\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line) ?? [];
		if (name === undefined) {
			break;
		}

		if (name.toLowerCase() === 'escape') {
			return value!;
		}
	}

	return '\\';
}

function heredocsOf(rest: string): string[] {
	return [...rest.matchAll(/(?:^|\s)\d?<<-?(["']?)(\w+)\1/g)].map(([, , end = '']) => end);
}
