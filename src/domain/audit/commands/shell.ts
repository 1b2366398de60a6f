/** One simple command of a script: its words without quotes, the number of its first line (from 1), and its text. */
export type ShellCommand = {argv: string[]; at: number; line: string};

/**
 * The simple commands of a shell script, in order, without comments. Only words, quotes and separators are told apart: loops,
 * conditions and substitutions are flattened.
 */
export function shellCommands(text: string): ShellCommand[] {
	const commands: ShellCommand[] = [];
	let argv: string[] = [];
	let word: string | undefined;
	let line = 1;
	let at = 1;
	let quote = '';

	const lines = text.split('\n');
	const endWord = () => {
		if (word !== undefined) {
			argv.push(word);
			word = undefined;
		}
	};
	const endCommand = () => {
		endWord();
		if (argv.length > 0) {
			commands.push({
				argv,
				at,
				line: lines
					.slice(at - 1, line)
					.join('\n')
					.trim(),
			});
			argv = [];
		}
	};
	const add = (character: string) => {
		if (word === undefined && argv.length === 0) {
			at = line;
		}

		word = (word ?? '') + character;
	};

	for (let n = 0; n < text.length; n++) {
		const character = text[n]!;
		const next = text[n + 1];

		if (character === '\\' && next === '\n' && quote !== "'") {
			line++;
			n++;
		} else if (quote !== '') {
			if (character === quote) {
				quote = '';
			} else if (character === '\\' && quote === '"' && next !== undefined && '"\\$`'.includes(next)) {
				add(next);
				n++;
			} else {
				add(character);
			}

			line += character === '\n' ? 1 : 0;
		} else if (character === '\\' && next !== undefined) {
			add(next);
			n++;
		} else if (character === '"' || character === "'") {
			add('');
			quote = character;
		} else if (character === '#' && word === undefined) {
			const end = text.indexOf('\n', n);
			n = (end === -1 ? text.length : end) - 1;
		} else if (character === '\n') {
			endCommand();
			line++;
		} else if (character === '&' && (text[n - 1] === '>' || next === '>')) {
			add(character);
		} else if (';&|()`'.includes(character)) {
			endCommand();
		} else if (/\s/.test(character)) {
			endWord();
		} else {
			add(character);
		}
	}

	endCommand();
	return commands;
}

/** Replaces the variables that the script itself assigns; others stay as they are. */
export function withVariables(commands: readonly ShellCommand[]): ShellCommand[] {
	const values = new Map<string, string>();
	const expand = (text: string) =>
		text.replace(
			/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
			(whole, braced: string | undefined, otherwise: string | undefined, bare: string | undefined) =>
				values.get(braced ?? bare ?? '') ?? otherwise ?? whole,
		);

	return commands.map(command => {
		const argv = command.argv.map(expand);
		for (const word of argv) {
			const [, name, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
			if (name === undefined && !/^(?:export|readonly|local|declare|env|-\w+)$/.test(word)) {
				break;
			}

			if (name !== undefined) {
				values.set(name, value!);
			}
		}

		return {...command, argv};
	});
}

/** Only prints or searches: it does nothing of what its words say. */
export function isHarmless(argv: readonly string[]): boolean {
	return argv.some(word => /^(?:.*\/)?(?:echo|printf|logger|[ef]?grep|pgrep|pkill|man)$/.test(word));
}
