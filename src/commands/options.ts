import {InvalidArgumentError, Option} from 'commander';

/** Options that several commands take. */
export function depth(): Option {
	return new Option('--depth <depth>', 'head: parts exist; edge: and have their size; content: every byte is hashed')
		.choices(['head', 'edge', 'content'])
		.default('edge');
}

export function hashOnHost(): Option {
	return new Option(
		'--hash-on-host <mib>',
		'with --depth content: larger blobs are hashed on the registry’s host instead of being downloaded',
	).argParser(wholeNumber);
}

export function speed(): Option {
	return new Option('--speed <n>', 'how much faster than life a drill’s builds run')
		.argParser(wholeNumber)
		.default(1)
		.hideHelp();
}

export function wholeNumber(text: string): number {
	const number = Number(text);
	if (!Number.isSafeInteger(number) || number < 1) {
		throw new InvalidArgumentError('It must be a whole number from 1.');
	}

	return number;
}
