import {type Command, Option} from 'commander';
import type {Invocation} from '../invocation.ts';
import type {OptionDeclaration} from './options.ts';

/**
 * A command as its folder declares it: enough for the help, and little to load. What it does stands in a module of its own,
 * which `run` imports when the command is called.
 */
export type DeclaredCommand = {addTo(parent: Command, carryOut: CarryOut): void};

/** Makes the invocation, does the work with it and keeps the exit code. */
export type CarryOut = (work: (invocation: Invocation) => Promise<number>) => Promise<void>;

/** By their flags, as the help shows them: `--depth <depth>`. */
type OptionDeclarations = Readonly<Record<`--${string}`, OptionDeclaration<unknown>>>;

/** `--hash-on-host <mib>` is `hashOnHost`. */
type NameOf<Flag> = Flag extends `--${infer Long} <${string}>`
	? CamelCase<Long>
	: Flag extends `--${infer Long}`
		? CamelCase<Long>
		: never;
type CamelCase<Words> = Words extends `${infer Head}-${infer Rest}` ? `${Head}${Capitalize<CamelCase<Rest>>}` : Words;

/** Commander leaves out what is absent. */
type ValuesOf<Options> = {
	[Flag in keyof Options as undefined extends ValueOf<Options[Flag]> ? never : NameOf<Flag>]: ValueOf<Options[Flag]>;
} & {
	[Flag in keyof Options as undefined extends ValueOf<Options[Flag]> ? NameOf<Flag> : never]?: Exclude<
		ValueOf<Options[Flag]>,
		undefined
	>;
};
type ValueOf<Option> = Option extends OptionDeclaration<infer Value> ? Value : never;

/** Of `verify <ref...>`, `resume [incident]`, `check`. */
type ArgumentOf<Name> = Name extends `${string} <${string}...>`
	? string[]
	: Name extends `${string} <${string}>`
		? string
		: Name extends `${string} [${string}]`
			? string | undefined
			: undefined;

type Given<Name, Options> = {
	invocation: Invocation;
	argument: ArgumentOf<Name>;
	options: ValuesOf<Options>;
};

export type CommandDeclaration<Name, Options> = {
	/** With its argument, as the help shows it: `verify <ref...>`. */
	name: Name;
	about: string;
	options?: Options;
	/** Shown below the options. */
	footnote?: string;
	/** @returns the exit code */
	run(given: Given<Name, Options>): Promise<number>;
};

export function defineCommand<const Name extends string, const Options extends OptionDeclarations>(
	declaration: CommandDeclaration<Name, Options>,
): DeclaredCommand {
	const {name, about, options, footnote, run} = declaration;
	return {
		addTo(parent, carryOut) {
			const command = parent.command(name).description(about).allowExcessArguments(false);
			for (const [flag, option] of Object.entries<OptionDeclaration<unknown>>(options ?? {})) {
				command.addOption(optionOf(flag, option));
			}

			if (footnote !== undefined) {
				command.addHelpText('after', `\n${footnote}`);
			}

			command.action(() =>
				carryOut(invocation => run({invocation, argument: command.processedArgs[0], options: command.opts()})),
			);
		},
	};
}

/** A command that only has commands below it: `runbook list`, `runbook show` … */
export function defineGroup(name: string, about: string, commands: readonly DeclaredCommand[]): DeclaredCommand {
	return {
		addTo(parent, carryOut) {
			const group = parent.command(name).description(about).allowExcessArguments(false);
			for (const command of commands) {
				command.addTo(group, carryOut);
			}
		},
	};
}

function optionOf(flag: string, {about, choices, parse, otherwise, hidden}: OptionDeclaration<unknown>): Option {
	const option = new Option(flag, about).default(otherwise).hideHelp(hidden ?? false);
	if (choices !== undefined) {
		option.choices(choices);
	}

	return parse === undefined ? option : option.argParser(parse);
}
