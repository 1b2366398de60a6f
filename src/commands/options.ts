import {InvalidArgumentError} from 'commander';

/** One option of a command, with the type of its value: `undefined` is in it where the option may be absent. */
export type OptionDeclaration<Value> = {
	about: string;
	/** Anything else is refused. */
	choices?: readonly string[];
	/** Absent: a switch, or the text as it was given. @throws InvalidArgumentError */
	parse?(text: string): Value;
	/** The value where the option is absent. */
	otherwise?: Value | undefined;
	/** Left out of the help. */
	hidden?: boolean;
};

export function flag(about: string): OptionDeclaration<true | undefined> {
	return {about};
}

export function text<Otherwise extends string | undefined = undefined>(
	about: string,
	otherwise?: Otherwise,
): OptionDeclaration<string | Otherwise> {
	return {about, otherwise};
}

export function choice<const Choice extends string, Otherwise extends Choice | undefined = undefined>(
	about: string,
	choices: readonly Choice[],
	otherwise?: Otherwise,
): OptionDeclaration<Choice | Otherwise> {
	return {about, choices, otherwise};
}

/** 1, 2, 3 … */
export function positive<Otherwise extends number | undefined = undefined>(
	about: string,
	otherwise?: Otherwise,
): OptionDeclaration<number | Otherwise> {
	return {about, otherwise, parse: parsePositive};
}

function parsePositive(given: string): number {
	const number = Number(given);
	if (!Number.isSafeInteger(number) || number < 1) {
		throw new InvalidArgumentError('It must be a positive whole number.');
	}

	return number;
}

/** How images are walked: `verify` and `probe`. */
export const walkOptions = {
	'--depth <depth>': choice(
		'head: every part exists; edge: and has its size; content: every byte is hashed',
		['head', 'edge', 'content'],
		'edge',
	),
	'--hash-on-host <mib>': positive(
		'with --depth content: hash blobs larger than this on the registry’s host instead of downloading them',
	),
} as const;

export const plainHttp = flag('use plain HTTP for a host that is not loopback');

/** How a storage folder on a host is reached: `scan` and `audit`. */
export const storageOptions = {
	'--path <dir>': text('a storage folder on this machine'),
	'--ssh <dest>': text('the registry’s host, as ssh names it; with --root'),
	'--root <dir>': text('the storage folder on that host'),
	'--transport <name>': choice('openssh: the system’s ssh; ssh2: the built-in client', ['openssh', 'ssh2']),
	'--ssh-config <file>': text('use this ssh_config'),
} as const;

/** Of a drill, for tests. */
export const speed = {...positive('speed-up factor of the simulated builds', 1), hidden: true};
