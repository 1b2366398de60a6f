import {type Command, InvalidArgumentError, Option} from 'commander';
import type {Invocation} from '../invocation.ts';

/**
 * A command as its folder declares it: enough for the help, and little to load. The work is in a module of its own, which
 * `run` imports when the command is called.
 */
type DeclaredCommand = {addTo(parent: Command, carryOut: CarryOut): void};

/** Makes the invocation, does the work with it and keeps the exit code. */
export type CarryOut = (work: (invocation: Invocation) => Promise<number>) => Promise<void>;

/** One option, with the type of its value. `undefined` is in that type where the option may be absent. */
type OptionDeclaration<Value> = {
	about: string;
	/** Anything else is refused. */
	choices?: readonly string[];
	/**
	 * Absent: a flag, or the text as it was given. `before`: the value so far, of an option that is given several times.
	 * @throws InvalidArgumentError
	 */
	parse?(given: string, before?: Value): Value;
	/** The value where the option is absent. */
	otherwise?: Value | undefined;
	/** Left out of the help. */
	hidden?: boolean;
};

type CommandDeclaration<Name, Options> = {
	/** With its argument, as the help shows it: `verify <ref...>`. */
	name: Name;
	about: string;
	/** By their flags, as the help shows them: `--depth <depth>`. */
	options?: Options;
	/** Shown below the options. */
	footnote?: string;
	/** @returns the exit code */
	run(given: {invocation: Invocation; argument: ArgumentOf<Name>; options: ValuesOf<Options>}): Promise<number>;
};

/** The type of what is given for `verify <ref...>`, `usage [image...]`, `restore <incident> <digest>`, `export <incident>`, `resume [incident]` and `check`. */
type ArgumentOf<Name> = Name extends `${string} <${string}> <${string}>`
	? [string, string]
	: Name extends `${string} <${string}...>`
		? string[]
		: Name extends `${string} <${string}>`
			? string
			: Name extends `${string} [${string}...]`
				? string[]
				: Name extends `${string} [${string}]`
					? string | undefined
					: undefined;

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

/** `--hash-on-host <mib>` is `hashOnHost`. */
type NameOf<Flag> = Flag extends `--${infer Long} <${string}>`
	? CamelCase<Long>
	: Flag extends `--${infer Long}`
		? CamelCase<Long>
		: never;
type CamelCase<Words> = Words extends `${infer Head}-${infer Rest}` ? `${Head}${Capitalize<CamelCase<Rest>>}` : Words;

export function defineCommand<
	const Name extends string,
	const Options extends Readonly<Record<`--${string}`, OptionDeclaration<unknown>>>,
>({name, about, options, footnote, run}: CommandDeclaration<Name, Options>): DeclaredCommand {
	return {
		addTo(parent, carryOut) {
			const command = parent.command(name).description(about).allowExcessArguments(false);
			for (const [flags, option] of Object.entries<OptionDeclaration<unknown>>(options ?? {})) {
				command.addOption(optionOf(flags, option));
			}

			if (footnote !== undefined) {
				command.addHelpText('after', `\n${footnote}`);
			}

			command.action(() =>
				carryOut(invocation => {
					const {processedArgs} = command;
					const argument = processedArgs.length > 1 ? processedArgs : processedArgs[0];
					return run({invocation, argument, options: command.opts()} as Parameters<typeof run>[0]);
				}),
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

export function flag(about: string): OptionDeclaration<true | undefined> {
	return {about};
}

export function text<Otherwise extends string | undefined = undefined>(
	about: string,
	otherwise?: Otherwise,
): OptionDeclaration<string | Otherwise> {
	return {about, otherwise};
}

/** It may be given several times. */
export function texts(about: string): OptionDeclaration<string[] | undefined> {
	return {about, parse: (given, before = []) => [...before, given]};
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

function optionOf(flags: string, {about, choices, parse, otherwise, hidden}: OptionDeclaration<unknown>): Option {
	const option = new Option(flags, about).default(otherwise).hideHelp(hidden ?? false);
	if (choices !== undefined) {
		option.choices(choices);
	}

	return parse === undefined ? option : option.argParser(parse);
}
