import {Command} from 'commander';
import {audit} from './commands/audit/command.ts';
import {check} from './commands/check/command.ts';
import type {CarryOut} from './commands/command.ts';
import {drill} from './commands/drill/command.ts';
import {exportIncident} from './commands/export/command.ts';
import {incidents} from './commands/incidents/command.ts';
import {journal} from './commands/journal/command.ts';
import {plan} from './commands/plan/command.ts';
import {probe} from './commands/probe/command.ts';
import {respond} from './commands/respond/command.ts';
import {restore} from './commands/restore/command.ts';
import {resume} from './commands/resume/command.ts';
import {runbook} from './commands/runbook/command.ts';
import {scan} from './commands/scan/command.ts';
import {usage as usageOfImages} from './commands/usage/command.ts';
import {verify} from './commands/verify/command.ts';
import {exitCodes, OperatorError} from './domain/errors.ts';
import {holdsPassword} from './domain/text/password-argument.ts';
import type {Redact} from './domain/text/redaction.ts';
import type {CommonFlags, Invocation} from './invocation.ts';
import {sayFailure, usage} from './say-failure.ts';

/** In the order of the help. */
const commands = [
	respond,
	resume,
	restore,
	plan,
	incidents,
	drill,
	verify,
	probe,
	scan,
	usageOfImages,
	audit,
	exportIncident,
	journal,
	runbook,
	check,
];

type Program = {
	version: string;
	home: string;
	invocation(flags: CommonFlags): Invocation;
	print(text: string): void;
	talk(text: string): void;
	/** Hides secrets: before a text takes another form in which they are not known. */
	redact?: Redact;
	/** As `talk`, for sentences: they may be broken into lines. Without it they are not. */
	talkWrapped?(text: string): void;
};

/** argv → command → exit code. What a command does is loaded only when it is called. */
export async function runProgram(argv: string[], outside: Program): Promise<number> {
	let code: number = exitCodes.done;
	let flags: CommonFlags = {
		json: argv.includes('--json'),
		plain: false,
		color: true,
		verbose: argv.includes('--verbose'),
	};
	if (argv.some(holdsPassword)) {
		return sayFailure(passwordGiven(), flags, outside);
	}

	const program = programOf(outside);

	const carryOut: CarryOut = async work => {
		flags = {...flags, ...program.opts<CommonFlags>()};
		code = await work(outside.invocation(flags));
	};

	program.action(() =>
		carryOut(async invocation => {
			const [unknown] = program.args;
			if (unknown !== undefined) {
				throw usage(`There is no command "${unknown}".`, '`regmedic --help` lists them.');
			}

			return (await import('./commands/home/home.ts')).home(invocation);
		}),
	);
	for (const command of commands) {
		command.addTo(program, carryOut);
	}

	try {
		await program.parseAsync(argv, {from: 'user'});
		return code;
	} catch (error) {
		return sayFailure(error, flags, outside);
	}
}

/** It is not repeated. */
function passwordGiven(): OperatorError {
	return new OperatorError('usage.password', 'An argument holds a password or a token.', {
		hint: 'Every user of this machine can read it there, so treat it as known. Leave it out, and name its source: registries.….credentials in the configuration, PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD, or the proxy variables.',
		exit: 'usage',
	});
}

/** Without its commands. */
function programOf({version, print, talk}: Program): Command {
	return (
		new Command('regmedic')
			.description('Guided recovery for container registries that serve a tag whose image is gone.')
			.version(version, '-V, --version', 'print the version')
			.option('--config <file>', 'the configuration (default: ./regmedic.yaml, else the user’s)')
			.option('--json', 'print data as JSON')
			.option('--plain', 'print sentences instead of drawing a screen')
			.option('--no-color', 'no colours')
			.option('--verbose', 'more detail, including causes of errors')
			.helpOption('-h, --help', 'print this help')
			.exitOverride()
			.configureOutput({writeOut: print, writeErr: talk, outputError: () => {}})
			// An unknown command would be one: the program itself names it.
			.allowExcessArguments()
	);
}
