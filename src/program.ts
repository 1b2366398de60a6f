import {Command, Option} from 'commander';
import {depth, hashOnHost, speed, wholeNumber} from './commands/options.ts';
import {exitCodes} from './domain/errors.ts';
import type {CommonFlags, Invocation} from './invocation.ts';
import {type SentenceTeller, sayFailure, usage} from './say-failure.ts';

export type Program = {
	version: string;
	home: string;
	invocation(flags: CommonFlags): Invocation;
	print(text: string): void;
	talk(text: string): void;
	complain?: SentenceTeller;
};

/** argv → command → exit code. Each command is loaded only when it is called. */
export async function runProgram(argv: string[], outside: Program): Promise<number> {
	let code: number = exitCodes.done;
	let flags: CommonFlags = {
		json: argv.includes('--json'),
		plain: false,
		color: true,
		verbose: argv.includes('--verbose'),
	};

	/** Wraps a command: common flags in, exit code out. */
	const run =
		<Args extends unknown[]>(command: (invocation: Invocation, ...args: Args) => Promise<number>) =>
		async (...args: unknown[]): Promise<void> => {
			flags = {...flags, ...(args.at(-1) as Command).optsWithGlobals<CommonFlags>()};
			code = await command(outside.invocation(flags), ...(args.slice(0, -1) as Args));
		};

	try {
		await programOf(outside, run).parseAsync(argv, {from: 'user'});
		return code;
	} catch (error) {
		return sayFailure(error, flags, outside);
	}
}

type Run = <Args extends unknown[]>(
	command: (invocation: Invocation, ...args: Args) => Promise<number>,
) => (...args: unknown[]) => Promise<void>;

function programOf({version, print, talk}: Program, run: Run): Command {
	const program: Command = new Command('regmedic')
		.description('Guided recovery for container registries that serve a tag whose image is gone.')
		.version(version, '-V, --version')
		.option('--config <file>', 'the configuration (default: regmedic.yaml here, else the user’s)')
		.option('--json', 'data as JSON')
		.option('--plain', 'sentences instead of a screen')
		.option('--no-color', 'no colours')
		.option('--verbose', 'say more, also of errors')
		.exitOverride()
		.configureOutput({writeOut: print, writeErr: talk, outputError: () => {}})
		.allowExcessArguments()
		.action(
			run(async invocation => {
				const [unknown] = program.args;
				if (unknown !== undefined) {
					throw usage(`There is no command "${unknown}".`, '`regmedic --help` lists them.');
				}

				return (await import('./commands/home/home.ts')).home(invocation);
			}),
		);

	const add = (spec: string, about: string) => program.command(spec).description(about);

	add('respond [runbook]', 'a real incident: from the alert to a verified fix')
		.option('--image <ref>', 'the image that cannot be pulled, HOST/REPOSITORY:TAG')
		.option('--dry-run', 'reads run, writes only say what they would do')
		.option('--auto', 'go through reading steps without asking; stop at the first gate')
		.option('--plain-http', 'speak plain HTTP to a host that is not loopback')
		.action(
			run(async (invocation, runbook: string | undefined, options) =>
				(await import('./commands/respond/respond.ts')).respond(
					runbook ?? 'orphan-index',
					options as object,
					invocation,
				),
			),
		);

	add('resume [incident]', 'go on with an incident; without a name, the latest that is open')
		.option('--take-over', 'although somebody else holds it')
		.option('--auto', 'go through reading steps without asking')
		.addOption(speed())
		.action(
			run(async (invocation, incident: string | undefined, options) =>
				(await import('./commands/resume/resume.ts')).resume(incident, options as {speed: number}, invocation),
			),
		);

	add('incidents', 'what there is to resume and to export')
		.option('--all', 'closed drills, too')
		.action(
			run(async (invocation, options) =>
				(await import('./commands/incidents/incidents.ts')).incidents(options as object, invocation),
			),
		);

	add('drill [scenario]', 'a rehearsal on simulators')
		.option('--seed <n>', 'the same seed breaks the same things', wholeNumber, 1)
		.option('--auto', 'follow every recommendation, answer every gate')
		.option('--list', 'the scenarios there are')
		.addOption(speed())
		.action(
			run(async (invocation, scenario: string | undefined, options) =>
				(await import('./commands/drill/drill.ts')).drill(
					scenario ?? 'orphan-index',
					options as {seed: number; speed: number},
					invocation,
				),
			),
		);

	add('verify <ref...>', 'walk an image: index, children, config, every layer')
		.addOption(depth())
		.addOption(hashOnHost())
		.option('--platform <platform>', 'only this child of an index, as linux/amd64')
		.option('--plain-http', 'speak plain HTTP to a host that is not loopback')
		.action(
			run(async (invocation, references: string[], options) =>
				(await import('./commands/verify/verify.ts')).verify(references, options as {depth: 'edge'}, invocation),
			),
		);

	add('probe [registry]', 'verify a whole catalogue, metrics out; REGISTRY: a name of the configuration or HOST[:PORT]')
		.addOption(depth())
		.addOption(hashOnHost())
		.option('--tags <n>', 'only the newest N tags of each repository', wholeNumber)
		.option('--shard <i/n>', 'only this part of the repositories, counted from 0')
		.option('--push <url>', 'a Pushgateway to tell; PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD log in')
		.option('--metrics-file <file>', 'metrics for node_exporter’s textfile collector; - is standard output')
		.option('--job <name>', 'of the pushed metrics', 'registry-integrity-probe')
		.addOption(
			new Option('--role <role>', 'a cache may lack children (default: what the configuration says)').choices([
				'authoritative',
				'cache',
			]),
		)
		.option('--all', 'list every image, also those that are intact')
		.option('--allow-empty', 'an empty catalogue is as it should be')
		.option('--plain-http', 'speak plain HTTP to a host that is not loopback')
		.action(
			run(async (invocation, registry: string | undefined, options) =>
				(await import('./commands/probe/probe.ts')).probeRegistry(
					registry,
					options as {depth: 'edge'; job: string},
					invocation,
				),
			),
		);

	add('scan', 'read a registry’s storage; never writes')
		.option('--path <dir>', 'a folder of this machine')
		.option('--ssh <dest>', 'a host, as ssh names it')
		.option('--root <dir>', 'the storage folder on that host')
		.option('--registry <name>', 'a registry of the configuration')
		.option('--hash', 'read every blob on the host and prove its bytes')
		.option('--rate <mib>', 'with --hash: at most so many MiB a second', wholeNumber)
		.option('--compare', 'with --registry: ask the registry, too, for what the disk shows broken')
		.addOption(new Option('--transport <name>', 'the system’s ssh, or our own client').choices(['openssh', 'ssh2']))
		.option('--ssh-config <file>', 'an ssh_config')
		.action(
			run(async (invocation, options) => (await import('./commands/scan/scan.ts')).scan(options as object, invocation)),
		);

	add('audit [registry]', 'what will cause the next incident; never writes')
		.option('--path <dir>', 'a storage folder of this machine, instead of a registry of the configuration')
		.option('--ssh <dest>', 'a host, as ssh names it')
		.option('--root <dir>', 'the storage folder on that host')
		.addOption(new Option('--transport <name>', 'the system’s ssh, or our own client').choices(['openssh', 'ssh2']))
		.option('--ssh-config <file>', 'an ssh_config')
		.option('--preflight', 'rehearse the registry’s own garbage collection and name the images it would break')
		.option(
			'--collect <command>',
			'that rehearsal; must have --dry-run (default: storage.collect of the configuration)',
		)
		.option('--pushgateway <url>', 'where the probe’s metrics are, to see whether it still runs')
		.option('--metrics-file <file>', 'the same in a file')
		.addHelpText(
			'after',
			'\nExits 3 where something will break images, 8 where something could not be\nlooked at, else 0, also with lesser risks.',
		)
		.action(
			run(async (invocation, registry: string | undefined, options) =>
				(await import('./commands/audit/audit.ts')).audit(registry, options as object, invocation),
			),
		);

	add('export <incident>', 'the post-mortem')
		.addOption(new Option('--format <format>').choices(['markdown', 'json']).default('markdown'))
		.option('--output <file>', 'a file instead of standard output')
		.action(
			run(async (invocation, incident: string, options) =>
				(await import('./commands/export/export.ts')).exportIncident(incident, options as {format: 'json'}, invocation),
			),
		);

	program
		.command('journal')
		.description('the record of an incident')
		.command('verify <incident>')
		.description('prove the chain of its events')
		.action(
			run(async (invocation, incident: string) =>
				(await import('./commands/journal/journal.ts')).verifyJournal(incident, invocation),
			),
		);

	const runbook = program.command('runbook').description('for the authors of runbooks');
	runbook
		.command('list')
		.description('the runbooks that ship')
		.action(run(async invocation => (await import('./commands/runbook/runbook.ts')).listRunbooks(invocation)));
	runbook
		.command('show <runbook>')
		.description('the page itself')
		.action(
			run(async (invocation, name: string) =>
				(await import('./commands/runbook/runbook.ts')).showRunbook(name, invocation),
			),
		);
	runbook
		.command('lint <runbook...>')
		.description('everything that is wrong with a page, with line and column')
		.action(
			run(async (invocation, names: string[]) =>
				(await import('./commands/runbook/runbook.ts')).lintRunbooks(names, invocation),
			),
		);
	runbook
		.command('graph <runbook>')
		.description('the steps as a Mermaid flowchart')
		.action(
			run(async (invocation, name: string) =>
				(await import('./commands/runbook/runbook.ts')).graphRunbook(name, invocation),
			),
		);

	add('check', 'configuration, credentials, registries, hosts and CI').action(
		run(async invocation => (await import('./commands/check/check.ts')).check(invocation)),
	);

	refuseExcess(program);
	return program;
}

/** What nobody reads was meant otherwise. The program itself says which command there is none of. */
function refuseExcess(command: Command): void {
	for (const below of command.commands) {
		below.allowExcessArguments(false);
		refuseExcess(below);
	}
}
