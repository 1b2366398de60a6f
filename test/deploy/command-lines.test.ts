import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {parseRunbook} from '../../src/domain/runbook/parser.ts';
import {runProgram} from '../../src/program.ts';
import {deployFolder, parseDeployed, readDeployed, readRules, root} from '../support/deploy-files.ts';

/** Words after `regmedic`, and the file that says them. */
type CommandLine = {file: string; words: string[]};

const names = (await readdir(deployFolder, {recursive: true, withFileTypes: true}))
	.filter(entry => entry.isFile())
	.map(entry => path.relative(deployFolder, path.join(entry.parentPath, entry.name)))
	.sort();

/** What the files run: arguments of containers, an entrypoint, ExecStart. */
async function run(): Promise<CommandLine[]> {
	const lines: CommandLine[] = [];
	for (const name of ['probe-cronjob', 'probe-sharded']) {
		const file = `kubernetes/${name}.yaml`;
		const {spec} = await parseDeployed(file);
		lines.push({file, words: spec.jobTemplate.spec.template.spec.containers[0].args});
	}

	const {steps} = await parseDeployed('woodpecker/verify-step.yaml');
	const entrypoint: string[] = steps.at(-1).entrypoint;
	lines.push({file: 'woodpecker/verify-step.yaml', words: entrypoint.slice(2)});
	for (const file of ['systemd/regmedic-probe.service', 'systemd/regmedic-probe.service.d/textfile.conf']) {
		const [, words] = /^ExecStart=\/usr\/local\/bin\/regmedic (.+)$/m.exec(await readDeployed(file))!;
		lines.push({file, words: words!.split(' ')});
	}

	return lines;
}

/** What the files tell a person to type. */
async function shown(): Promise<CommandLine[]> {
	const texts = await Promise.all(names.map(async file => ({file, text: await readDeployed(file)})));
	return texts.flatMap(({file, text}) =>
		[...text.matchAll(/(?:^|[\s`}])regmedic ((?:probe|respond|verify|check|scan)\b[^\n`]*)/g)].map(([, words]) => ({
			file,
			words: words!.split(/\s+/),
		})),
	);
}

async function helpOf(...command: string[]): Promise<string> {
	let help = '';
	const hear = (text: string) => {
		help += text;
	};
	const outside = {version: '0', home: root, print: hear, talk: hear, invocation: () => Promise.reject() as never};
	await runProgram([...command, '--help'], outside);
	return help;
}

function flagsIn(help: string): Map<string, {takesValue: boolean}> {
	return new Map(
		[...help.matchAll(/^ +(?:-\w, )?(--[a-z-]+)( [<[])?/gm)].map(([, flag, value]) => [
			flag!,
			{takesValue: value !== undefined},
		]),
	);
}

test('every command line in deploy/ has a command and flags that exist, with values where they are required', async () => {
	const lines = [...(await run()), ...(await shown())];
	const common = flagsIn(await helpOf());
	const wrong: string[] = [];

	for (const {file, words} of lines) {
		const [command, ...rest] = words;
		const help = await helpOf(command!);
		const flags = new Map([...common, ...flagsIn(help)]);
		if (!help.includes(`regmedic ${command}`)) {
			wrong.push(`${file}: there is no command ${command}`);
			continue;
		}

		for (const [index, word] of rest.entries()) {
			if (word.startsWith('--')) {
				const flag = flags.get(word);
				const hasValue = rest[index + 1] !== undefined && !rest[index + 1]!.startsWith('--');
				if (flag === undefined || (flag.takesValue && !hasValue)) {
					wrong.push(`${file}: ${command} ${word}`);
				}
			}
		}
	}

	expect(lines.length).toBeGreaterThan(10);
	expect(wrong).toEqual([]);
});

test('every runbook in the command of an alert ships, and the one for broken images names its alert', async () => {
	const rules = await readRules();
	const shipped = (await readdir(path.join(root, 'runbooks'))).map(name => name.replace(/\.md$/, ''));

	for (const {alert, annotations} of rules) {
		const [, runbook] = /regmedic respond (\S+) --image /.exec(annotations.command!) ?? [];
		expect(shipped, alert).toContain(runbook);
	}

	const page = await readFile(path.join(root, 'runbooks/orphan-index.md'), 'utf8');
	expect(parseRunbook(page).runbook?.alerts).toContain('RegistryManifestIntegrityFailure');
});

test('the image runs the command that the Woodpecker step calls', async () => {
	const containerfile = await readDeployed('container/Containerfile');
	const [, entrypoint] = /^ENTRYPOINT (.+)$/m.exec(containerfile)!;
	const {steps} = await parseDeployed('woodpecker/verify-step.yaml');

	expect(JSON.parse(entrypoint!)).toEqual(steps.at(-1).entrypoint.slice(0, 2));
});

test('the top of every file says what to edit, or that there is nothing to edit', async () => {
	const texts = await Promise.all(names.map(async name => ({name, text: await readDeployed(name)})));
	const without = texts.filter(({text}) => !/\bedit\b/i.test(text.slice(0, 1500)));

	expect(names.length).toBeGreaterThan(10);
	expect(without.map(({name}) => name)).toEqual([]);
});

test('no file has a host that might exist, or a secret', async () => {
	const texts = await Promise.all(names.map(async name => ({name, text: await readDeployed(name)})));
	const hosts = texts.flatMap(({name, text}) =>
		[...text.matchAll(/\b(?:https?:\/\/)([^/\s:'"]+)/g)].map(([, host]) => `${name}: ${host}`),
	);
	const invented = /\.example$|\.svc$|: 127\.0\.0\.1$|: pushgateway$/;

	expect(hosts.filter(each => !invented.test(each))).toEqual([]);
	for (const {name, text} of texts) {
		expect(text, name).not.toMatch(/(?:password|token)\s*[:=]\s*['"]?(?!REPLACE-ME|REG_|registry_)[A-Za-z0-9]{6,}/i);
	}
});
