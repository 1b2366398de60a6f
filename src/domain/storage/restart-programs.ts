import {shellCommands} from '../audit/commands/shell.ts';

/** A program that a command line starts. */
export type NamedProgram = {
	name: string;
	/** The folder that the command line has entered before. Absent: where the command begins. */
	folder?: string;
};

/** Programs that start the one that their arguments name, with their options that take a value. */
const wrappers: Record<string, {valued: readonly string[]; leading?: number}> = {
	sudo: {valued: ['-u', '-g', '-h', '-p', '-C', '-T', '-D', '-R']},
	doas: {valued: ['-u', '-C']},
	env: {valued: ['-u', '-C', '-S']},
	nice: {valued: ['-n']},
	timeout: {valued: ['-k', '-s'], leading: 1},
	nohup: {valued: []},
	exec: {valued: []},
};

/**
 * The programs that a shell command line starts, as far as its words tell: a name that a variable holds is left out.
 * @see sudo(8), env(1), timeout(1)
 */
export function programsIn(commandLine: string): NamedProgram[] {
	const programs: NamedProgram[] = [];
	let folder: string | undefined;

	for (const {argv} of shellCommands(commandLine)) {
		for (const name of namesIn(argv)) {
			if (!/[$`*?]/.test(name)) {
				programs.push({name, ...(folder === undefined ? {} : {folder})});
			}
		}

		const [first, target] = argv;
		if (first === 'cd' && target !== undefined && !/[$`~*?]/.test(target)) {
			folder = target.startsWith('/') || folder === undefined ? target : `${folder}/${target}`;
		}
	}

	return programs;
}

function namesIn(argv: readonly string[]): string[] {
	const names: string[] = [];
	let rest = argv.slice(argv.findIndex(word => !isAssignment(word)));

	while (rest[0] !== undefined && !isAssignment(rest[0])) {
		const name = rest[0];
		names.push(name);
		const wrapper = wrappers[name.replace(/^.*\//, '')];
		if (wrapper === undefined) {
			break;
		}

		let at = 1;
		while (rest[at]?.startsWith('-') || isAssignment(rest[at] ?? '')) {
			at += wrapper.valued.includes(rest[at]!) ? 2 : 1;
		}

		rest = rest.slice(at + (wrapper.leading ?? 0));
	}

	return names;
}

function isAssignment(word: string): boolean {
	return /^[A-Za-z_]\w*=/.test(word);
}
