/** Splits a command line into options with their values, and words. @param valued names of the options with a value */
export function readOptions(words: string[], valued: string[]): {options: [string, string][]; positional: string[]} {
	const options: [string, string][] = [];
	const positional: string[] = [];

	for (let n = 0; n < words.length; n++) {
		const word = words[n]!;
		const [name = '', value] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];

		if (!word.startsWith('-') || word === '-') {
			positional.push(word);
		} else if (valued.includes(name)) {
			options.push([name, value ?? words[++n] ?? '']);
		} else {
			options.push([name, value ?? '']);
		}
	}

	return {options, positional};
}

export function valuesOf(options: [string, string][], ...names: string[]): string[] {
	return options.filter(([name]) => names.includes(name)).map(([, value]) => value);
}
